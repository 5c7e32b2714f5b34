package understudy.volume.mirror;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import understudy.protocol.MirrorEffect.Role;
import understudy.volume.store.ReplicaStore;

/// How a volume is served for a while: which replicas get its writes, and whose word is needed for an answer.
final class Route {
    private final boolean isHeld;
    private final Optional<ReplicaStore> local;
    private final Role localRole;
    private final Optional<PeerLink> link;
    private final Role peerRole;
    private final ReentrantLock orderLock;

    /// @param isHeld whether nothing is begun: another route will follow
    /// @param local the local replica, unless its role is absent
    /// @param link the way to the peer's, unless its role is absent
    /// @param orderLock all mutations happen one batch after the other, under this lock. Routes share it, save
    ///     when the local replica is given up: then somebody may hold it for as long as that disk hangs
    Route(
            boolean isHeld,
            Optional<ReplicaStore> local,
            Role localRole,
            Optional<PeerLink> link,
            Role peerRole,
            ReentrantLock orderLock) {
        this.isHeld = isHeld;
        this.local = local;
        this.localRole = localRole;
        this.link = link;
        this.peerRole = peerRole;
        this.orderLock = orderLock;
    }

    /// Before the first view.
    static Route initial() {
        return new Route(true, Optional.empty(), Role.ABSENT, Optional.empty(), Role.ABSENT, new ReentrantLock());
    }

    Route held() {
        return new Route(true, local, localRole, link, peerRole, orderLock);
    }

    boolean isHeld() {
        return isHeld;
    }

    Optional<ReplicaStore> local() {
        return local;
    }

    Role localRole() {
        return localRole;
    }

    Optional<PeerLink> link() {
        return link;
    }

    ReentrantLock orderLock() {
        return orderLock;
    }

    boolean needsLocal() {
        return localRole == Role.REQUIRED;
    }

    boolean needsPeer() {
        return peerRole == Role.REQUIRED;
    }

    /// Whether a write is answered only when both replicas have it.
    boolean needsBoth() {
        return needsLocal() && needsPeer();
    }

    boolean requires(ReplicaStore store) {
        return needsLocal() && local.isPresent() && local.get() == store;
    }

    boolean uses(PeerLink other) {
        return link.isPresent() && link.get() == other;
    }
}
