package understudy.protocol;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;

/// Who could go on with a VM that has no standby, where whoever takes over boots it from its disks, and frames
/// leave ungated: what this host must have before it lets frames out, and before it boots. A VM of level `system`
/// is such a one while it is not paired, if it has disks.
///
/// @param quiet   no lease that a former active may hold can run any more, as far as the known view goes
/// @param disputed a start was forced since this host last waited: the view says that nobody runs the VM, and somebody
///                may who has not heard of it
/// @param exposed the highest number of a view that was asked for in which another host could take over: until a
///                view of that number is known, this host must expect that there is one
/// @param renewed when the ledger last showed a sign of life of the other host
/// @param shown   it has shown one since the clock ticked last
record Succession(boolean quiet, boolean disputed, long exposed, Optional<Moment> renewed, boolean shown) {

    static Succession none() {
        return new Succession(false, false, 0, Optional.empty(), false);
    }

    /// Whether nobody but this host can ever have frames of the VM let out by a lease.
    private static boolean isUnleased(VmSpec spec) {
        return spec.isAllInMemory() || spec.hosts().size() == 1;
    }

    /// A view is quiet if this host's guest is the only one that there can be: because nobody ran the VM in the view
    /// before it, or this host has waited. It stays so while views name this host, in any life: only this host
    /// proposes those.
    Succession learnt(Optional<VmRecord> before, VmRecord record, HostName self) {
        if (before.filter(it -> it.view().number() == record.view().number()).isPresent()) {
            return this;
        }
        boolean isOurs = record.view().isActive(self);
        boolean wasOurs = before.filter(it -> it.view().isActive(self)).isPresent();
        boolean wasStopped = before.map(VmRecord::view)
                .filter(view -> view.placement() instanceof Stopped)
                .filter(view -> view.number() + 1 == record.view().number())
                .isPresent();
        boolean isDisputed = disputed
                || before.filter(it -> ForcedStart.isForced(it.view(), record.view()))
                        .isPresent();
        boolean isQuiet = isOurs && (wasOurs ? quiet : wasStopped && !isDisputed);
        // Only who runs a VM asks for such a view: what this host knew of its silence may be its own isolation.
        boolean isOther = before.isPresent()
                && !isOurs
                && record.view().placement().activeReplica().isPresent();
        return new Succession(isQuiet, isDisputed, exposed, renewed, shown || isOther);
    }

    /// Time has passed.
    Succession turned(Moment now) {
        return shown ? renewed(now) : this;
    }

    /// Leases have been waited for since the known view names this host.
    Succession outwaited() {
        return new Succession(true, false, exposed, renewed, shown);
    }

    Succession asked(VmSpec spec, View next) {
        boolean exposes = !next.soloGrant() && next.isPair(spec);
        return exposes ? new Succession(quiet, disputed, Math.max(exposed, next.number()), renewed, shown) : this;
    }

    /// Whether a view that was asked for on top of the known one lets another host take over.
    boolean isExposed(View known) {
        return exposed > known.number();
    }

    Succession renewed(Moment at) {
        return new Succession(quiet, disputed, exposed, Optional.of(at), false);
    }

    /// Whether this host may start a guest now, or say that none runs.
    boolean mayBegin(VmSpec spec) {
        return quiet || isUnleased(spec);
    }

    /// Whether frames may leave only by a lease. Who has learnt that it was deposed still does: what it held must
    /// not get out before its guest is ended. In a pair they leave by commit, and its standby waits for no lease.
    boolean needsLease(View known, VmSpec spec, Replica self) {
        if (known.placement() instanceof Paired(Replica active, Replica _) && active.equals(self)) {
            return false;
        }
        boolean isAlone =
                known.placement().equals(new Solo(self)) && known.takers(spec).isEmpty() && !isExposed(known);
        return !isUnleased(spec) && !isAlone;
    }

    /// Whether the other host has been silent for so long that it is to be succeeded, be it heard through the ledger
    /// only.
    boolean isTime(PeerState peer, ViewMachine.Timing timing, Moment now) {
        Duration patience = switch (peer) {
            case PeerState.Up _, PeerState.Unknown _ -> timing.bootClaimAfter();
            case PeerState.Lost(var _, boolean closed, var _) -> closed ? timing.agentGrace() : timing.claimAfter();
        };
        boolean isAlive = renewed.filter(
                        at -> now.since(at).compareTo(timing.lease().quiet()) < 0)
                .isPresent();
        return !isAlive && peer.isSilentFor(patience, now);
    }

    /// Whether this host may take the VM over, patience apart.
    static boolean isTaker(VmRecord known, HostName self, VolumeNews news) {
        List<HostName> takers = known.view().takers(known.spec());
        return known.wanted()
                && takers.contains(self)
                && known.spec().disks().stream().allMatch(disk -> news.isGood(disk.id()));
    }
}
