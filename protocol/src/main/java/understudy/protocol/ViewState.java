package understudy.protocol;

import java.util.List;
import java.util.Optional;
import understudy.model.Moment;
import understudy.model.Placement;
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
/// @param failures    boots and copies that failed in a row
public record ViewState(
        Optional<VmRecord> known,
        PeerState peer,
        Part part,
        Optional<View> outstanding,
        boolean unanswered,
        long proposals,
        Moment notBefore,
        VolumeNews news,
        int failures) {

    /// The number of the newest known view; 0 if none is known.
    public long number() {
        return known.map(record -> record.view().number()).orElse(0L);
    }

    Optional<Placement> placement() {
        return known.map(record -> record.view().placement());
    }

    VmSpec spec() {
        return known.orElseThrow().spec();
    }

    boolean isWanted() {
        return known.filter(VmRecord::wanted).isPresent();
    }

    /// Whether the ledger was asked for this, and no view of that number was learnt yet.
    boolean isOutstanding(Placement wanted, List<VolumeView> volumes) {
        return outstanding
                .filter(view ->
                        view.placement().equals(wanted) && view.volumes().equals(volumes))
                .isPresent();
    }

    /// Whether the VM has no disks, or those here have been looked at.
    boolean isReady() {
        return news.good().isPresent() || spec().disks().isEmpty();
    }

    ViewState with(Part next) {
        return new ViewState(known, peer, next, outstanding, unanswered, proposals, notBefore, news, failures);
    }

    ViewState with(PeerState next) {
        return new ViewState(known, next, part, outstanding, unanswered, proposals, notBefore, news, failures);
    }

    ViewState learnt(VmRecord record) {
        Optional<View> open = outstanding.filter(v -> v.number() > record.view().number());
        return new ViewState(
                Optional.of(record),
                peer,
                part,
                open,
                unanswered && open.isPresent(),
                proposals,
                notBefore,
                news.settled(record.view(), open),
                failures);
    }

    ViewState with(VolumeNews next) {
        return new ViewState(known, peer, part, outstanding, unanswered, proposals, notBefore, next, failures);
    }

    ViewState forgotten() {
        return new ViewState(
                Optional.empty(), peer, part, Optional.empty(), false, proposals, notBefore, news, failures);
    }

    ViewState proposed(View view) {
        return new ViewState(known, peer, part, Optional.of(view), false, proposals + 1, notBefore, news, failures);
    }

    ViewState withoutAnswer() {
        return new ViewState(
                known, peer, part, outstanding, outstanding.isPresent(), proposals, notBefore, news, failures);
    }

    ViewState askedAgain() {
        return new ViewState(known, peer, part, outstanding, false, proposals, notBefore, news, failures);
    }

    ViewState failedUntil(Moment moment) {
        return new ViewState(known, peer, part, outstanding, unanswered, proposals, moment, news, failures + 1);
    }

    ViewState withoutFailures() {
        return new ViewState(known, peer, part, outstanding, unanswered, proposals, notBefore, news, 0);
    }
}
