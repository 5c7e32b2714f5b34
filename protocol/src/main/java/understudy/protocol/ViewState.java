package understudy.protocol;

import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeView;

/// The state of a [ViewMachine].
///
/// @param known       the newest record that was learnt
/// @param outstanding the last proposal, while no view of its number or a later one was learnt
/// @param unanswered  whether the last time it was asked for ran out without an answer, so that it is to be
///              asked again
/// @param proposals   how many were made in this life
/// @param notBefore   when the next boot or copy may begin
/// @param news        what the ledger does not know yet of the volumes
/// @param succession  what is to be obeyed because another host could go on, or this one does in its place
/// @param grant       what is made of a standing solo grant
/// @param attempts    what was tried of late
public record ViewState(
        Optional<VmRecord> known,
        PeerState peer,
        Part part,
        Optional<View> outstanding,
        boolean unanswered,
        long proposals,
        Moment notBefore,
        VolumeNews news,
        Succession succession,
        SoloGrant grant,
        Attempts attempts) {

    /// The number of the newest known view; 0 if none is known.
    public long number() {
        return known.map(record -> record.view().number()).orElse(0L);
    }

    /// The view that this host goes by: the known one, or its own word that it goes on alone.
    Optional<View> acting() {
        return grant.alone().or(() -> known.map(VmRecord::view));
    }

    Optional<Placement> placement() {
        return acting().map(View::placement);
    }

    /// Whether a solo grant stands, as far as is known here.
    boolean isGranted() {
        return known.filter(record -> record.view().soloGrant()).isPresent();
    }

    /// Whether this host goes on alone by its own word, which the ledger does not know yet.
    public boolean isAlone() {
        return grant.alone().isPresent();
    }

    VmSpec spec() {
        return known.orElseThrow().spec();
    }

    /// Whether this life of this host runs the VM, by the view that it goes by.
    boolean isServing(Replica self) {
        return placement()
                .flatMap(Placement::activeReplica)
                .filter(self::equals)
                .isPresent();
    }

    /// Whether a standby is to have an image of it.
    boolean isCopied() {
        return known.filter(VmRecord::isCopied).isPresent();
    }

    /// Whether it is to be moved, running.
    boolean isMoved() {
        return known.flatMap(VmRecord::destination).isPresent();
    }

    /// Whether its users want it to go on on a host that does not run it.
    boolean isMovedTo(HostName host) {
        return known.flatMap(VmRecord::destination).filter(host::equals).isPresent();
    }

    boolean isWanted() {
        return known.filter(VmRecord::wanted).isPresent();
    }

    /// Whether this host does nothing yet for a VM that is to run: the next tick may begin to. Who is not to have its
    /// turn yet ([StartOrder]) gets no tick then.
    public boolean isAboutToBegin() {
        return isWanted() && part instanceof Part.Idle;
    }

    /// Whether frames of this host's guest may leave only while it holds a lease: another host could take over by
    /// the known view or by one that was asked for, or has done so.
    public boolean needsLease(Replica self) {
        return acting().filter(view -> succession.needsLease(view, spec(), self))
                .isPresent();
    }

    /// Whether this host may take the VM over from the other one, as soon as it has been silent for long enough.
    boolean isTaker(HostName self) {
        return !(peer instanceof PeerState.Up)
                && known.filter(record -> Succession.isTaker(record, self, news))
                        .isPresent();
    }

    /// Whether all volumes are in sync on this host, by the known view, and work here.
    boolean hasDisks(HostName self) {
        return known.filter(vm -> vm.view().isInSync(self)).isPresent()
                && spec().disks().stream().allMatch(disk -> news.isGood(disk.id()));
    }

    /// Whether the other host could go on from an image with disks of its own: all are in sync there, by the known
    /// view, and none was told to have failed.
    boolean hasDisksThere(HostName other) {
        return known.filter(vm -> vm.view().isInSync(other)).isPresent()
                && spec().disks().stream().noneMatch(disk -> news.isFailed(disk.id(), other));
    }

    /// Whether the ledger was asked for this, and no view of that number was learnt yet.
    boolean isOutstanding(Placement wanted, List<VolumeView> volumes, boolean granted) {
        return outstanding
                .filter(view -> view.placement().equals(wanted)
                        && view.volumes().equals(volumes)
                        && view.soloGrant() == granted)
                .isPresent();
    }

    /// Whether the VM has no disks, or those here have been looked at.
    boolean isReady() {
        return news.good().isPresent() || spec().disks().isEmpty();
    }

    ViewState with(Part next) {
        return new ViewState(
                known, peer, next, outstanding, unanswered, proposals, notBefore, news, succession, grant, attempts);
    }

    ViewState with(PeerState next) {
        return new ViewState(
                known, next, part, outstanding, unanswered, proposals, notBefore, news, succession, grant, attempts);
    }

    ViewState with(SoloGrant next) {
        return new ViewState(
                known, peer, part, outstanding, unanswered, proposals, notBefore, news, succession, next, attempts);
    }

    ViewState learnt(VmRecord record) {
        Optional<View> open = outstanding.filter(v -> v.number() > record.view().number());
        View by = grant.alone()
                .filter(alone -> alone.number() > record.view().number())
                .orElse(record.view());
        return new ViewState(
                Optional.of(record),
                peer,
                part,
                open,
                unanswered && open.isPresent(),
                proposals,
                notBefore,
                news.settled(by, open),
                succession,
                grant,
                attempts);
    }

    ViewState with(VolumeNews next) {
        return new ViewState(
                known, peer, part, outstanding, unanswered, proposals, notBefore, next, succession, grant, attempts);
    }

    ViewState with(Succession next) {
        return new ViewState(
                known, peer, part, outstanding, unanswered, proposals, notBefore, news, next, grant, attempts);
    }

    ViewState forgotten() {
        return new ViewState(
                Optional.empty(),
                peer,
                part,
                Optional.empty(),
                false,
                proposals,
                notBefore,
                news,
                Succession.none(),
                grant.notAlone(),
                attempts);
    }

    ViewState proposed(View view) {
        return new ViewState(
                known,
                peer,
                part,
                Optional.of(view),
                false,
                proposals + 1,
                notBefore,
                news,
                succession.asked(spec(), view),
                grant,
                attempts);
    }

    ViewState withoutAnswer() {
        return new ViewState(
                known,
                peer,
                part,
                outstanding,
                outstanding.isPresent(),
                proposals,
                notBefore,
                news,
                succession,
                grant,
                attempts);
    }

    ViewState askedAgain() {
        return new ViewState(
                known, peer, part, outstanding, false, proposals, notBefore, news, succession, grant, attempts);
    }

    /// What waits does so from now on.
    ViewState waitingFrom(Moment now) {
        return with(now, attempts);
    }

    ViewState failedUntil(Moment moment) {
        return with(moment, attempts.failed());
    }

    /// Nothing begins before then.
    ViewState restingUntil(Moment moment) {
        return moment.compareTo(notBefore) <= 0 ? this : with(moment, attempts);
    }

    /// A copy is begun on top of the known view.
    ViewState copying() {
        return with(notBefore, attempts.copying(number()));
    }

    /// Whether the other host may hold what came of a copy, and drops it only when it learns another view.
    boolean isOffered() {
        return attempts.copiedUnder() == number();
    }

    /// What begins next need not wait for what was before.
    ViewState rested(Moment now) {
        return notBefore.compareTo(now) <= 0 ? this : with(now, attempts.withoutFailures());
    }

    ViewState slowed(Moment now) {
        return with(notBefore, attempts.slowed(now));
    }

    /// Whether a copy may begin. Who is to be moved is copied however slow that is.
    boolean mayCopy(Moment now) {
        return attempts.mayCopy(now) || isMoved();
    }

    ViewState withoutFailures() {
        return with(notBefore, attempts.withoutFailures());
    }

    private ViewState with(Moment start, Attempts next) {
        return new ViewState(
                known, peer, part, outstanding, unanswered, proposals, start, news, succession, grant, next);
    }
}
