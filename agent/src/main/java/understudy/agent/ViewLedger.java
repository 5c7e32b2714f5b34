package understudy.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.protocol.MirrorWishes;
import understudy.protocol.ViewInput;
import understudy.volume.mirror.VolumeLedger;
import understudy.volume.mirror.VolumeView;

/// A volume's ledger that is its VM's view: what the mirror asks for becomes news for the view machine, and what that
/// machine learns is what the mirror learns ([MirrorWishes]).
///
/// Threads: the mirror's asks, one at a time; the driver's tells of views, and hears the news.
final class ViewLedger implements VolumeLedger {
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /// The proposal of a view that the mirror has not asked for.
    private static final UUID FOREIGN = new UUID(0, 0);

    private final VolumeId volume;
    private final HostName self;
    private final MachineDesk desk;
    private final CountedBoots boots;
    private MirrorWishes wishes;
    /// A host has come in the place of another, and the mirror may still have the other's replica.
    private boolean isToLetGo;
    private boolean isClosed;

    /// @param wishes of this life, in which this host is active
    /// @param boot  this start of this host
    /// @param boots in which starts of their hosts replicas were counted on
    ViewLedger(HostName self, MirrorWishes wishes, UUID boot, CountedBoots boots, MachineDesk desk) {
        this.volume = wishes.volume();
        this.self = self;
        this.boots = boots;
        this.desk = desk;
        this.wishes = wishes;
        boots.put(replica(self).id(), boot);
    }

    /// On the driver's thread.
    ///
    /// @return what the mirror is to be told, which did not ask for it
    synchronized Optional<VolumeView> learn(View newest) {
        boolean wasOpen = wishes.open().isPresent();
        isToLetGo |= wishes.hasOtherHosts(newest);
        wishes = wishes.learnt(newest);
        notifyAll();
        if (isToLetGo) {
            return Optional.empty();
        }
        boolean isAnswer = wasOpen && wishes.open().isEmpty();
        return isAnswer || !wishes.isToBeTold() ? Optional.empty() : Optional.of(told(FOREIGN));
    }

    /// Whether the mirror is to let go of its peer's replica ([ServedVolume#peerReplaced]), and to read then.
    synchronized boolean isToLetGo() {
        return isToLetGo;
    }

    /// Its mirror is done with: the view machine hears no more of it.
    ///
    /// @return for one that follows in this life
    synchronized MirrorWishes close() {
        isClosed = true;
        return wishes.handedOver();
    }

    private VolumeView told(UUID proposal) {
        wishes = wishes.telling();
        return new VolumeView(wishes.told(), members(), proposal);
    }

    /// The mirror has nothing of a replica that is replaced, when it asks.
    @Override
    public synchronized Optional<VolumeView> read() {
        isToLetGo = false;
        return Optional.of(told(FOREIGN));
    }

    @Override
    public synchronized boolean names(UUID replica) {
        return host(replica).isPresent();
    }

    @Override
    public synchronized VolumeView propose(VolumeView wanted) throws IOException {
        if (isToLetGo || wishes.isStale(wanted.number())) {
            // It was told of this view, or will be: another number would only make its next wish stale, too.
            return asTold();
        }
        name(wanted);
        wishes = wishes.wished(hosts(wanted));
        if (wishes.open().isPresent()) {
            desk.post(this::tellDesk);
            await(() -> wishes.open().isEmpty());
        }
        if (isToLetGo) {
            return asTold();
        }
        wanted.inSync().forEach(member -> boots.put(member.replica(), member.boot()));
        return told(wanted.proposal());
    }

    private VolumeView asTold() {
        return new VolumeView(wishes.told(), members(), FOREIGN);
    }

    /// On the driver's thread, so no view is learnt meanwhile.
    private void tellDesk() {
        List<ViewInput> news;
        Optional<MirrorWishes.Wish> told;
        synchronized (this) {
            if (isClosed) {
                return;
            }
            news = wishes.news();
            wishes = wishes.heard();
            told = wishes.open();
        }
        news.forEach(desk::step);
        synchronized (this) {
            wishes = desk.hasOpenProposal() ? wishes : wishes.decided(told);
            notifyAll();
        }
    }

    private synchronized boolean isClosed() {
        return isClosed;
    }

    /// Has a replica that is in another's place named before it can come in.
    private void name(VolumeView wanted) throws IOException {
        for (VolumeView.Member member : wanted.inSync()) {
            if (!isToLetGo && host(member.replica()).isEmpty()) {
                HostName where = hostOfUnknown(wanted);
                desk.post(() -> {
                    if (!isClosed()) {
                        desk.step(new ViewInput.ReplicaReplaced(volume, where, member.replica()));
                    }
                });
                await(() -> isToLetGo || replica(where).id().equals(member.replica()));
            }
        }
    }

    /// @throws IOException if no such view is learnt in time: it may still come
    private void await(BooleanSupplier condition) throws IOException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw new IOException(
                        "no view says so yet; view " + wishes.view().number() + " is known");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    private List<VolumeReplica> replicas() {
        return wishes.view().volume(volume).orElseThrow().replicas();
    }

    private VolumeReplica replica(HostName host) {
        return wishes.view().volume(volume).flatMap(it -> it.on(host)).orElseThrow();
    }

    /// It is in the place of the replica that is not wanted; on the other host, if none is known.
    private HostName hostOfUnknown(VolumeView wanted) {
        List<HostName> unnamed = replicas().stream()
                .filter(replica -> wanted.member(replica.id()).isEmpty())
                .map(VolumeReplica::host)
                .toList();
        return unnamed.stream().filter(host -> !host.equals(self)).findFirst().orElseGet(unnamed::getFirst);
    }

    private Optional<HostName> host(UUID replica) {
        return replicas().stream()
                .filter(it -> it.id().equals(replica))
                .map(VolumeReplica::host)
                .findFirst();
    }

    /// In the order of the VM's hosts.
    private List<HostName> hosts(VolumeView wanted) {
        return replicas().stream()
                .filter(replica -> wanted.member(replica.id()).isPresent())
                .map(VolumeReplica::host)
                .toList();
    }

    private List<VolumeView.Member> members() {
        List<VolumeView.Member> members = new ArrayList<>();
        for (VolumeReplica replica : replicas()) {
            if (replica.inSync()) {
                members.add(new VolumeView.Member(
                        replica.id(), boots.of(replica.id()).orElse(VolumeView.UNKNOWN_BOOT)));
            }
        }
        return members;
    }
}
