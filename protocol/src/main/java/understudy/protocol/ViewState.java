package understudy.protocol;

import java.util.Optional;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;

/// The state of a [ViewMachine].
///
/// @param known       the newest record that was learnt
/// @param outstanding the last proposal, while no view of its number or a later one was learnt
/// @param unanswered  whether the last time it was asked for ran out without an answer, so that it is to be
///              asked again
/// @param proposals   how many were made in this life
/// @param notBefore   when the next boot or copy may begin
/// @param failures    boots and copies that failed in a row
public record ViewState(
        Optional<VmRecord> known,
        PeerState peer,
        Part part,
        Optional<View> outstanding,
        boolean unanswered,
        long proposals,
        Moment notBefore,
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

    /// Whether the ledger was asked for this placement, and no view of that number was learnt yet.
    boolean isOutstanding(Placement wanted) {
        return outstanding.map(View::placement).equals(Optional.of(wanted));
    }

    ViewState with(Part next) {
        return new ViewState(known, peer, next, outstanding, unanswered, proposals, notBefore, failures);
    }

    ViewState with(PeerState next) {
        return new ViewState(known, next, part, outstanding, unanswered, proposals, notBefore, failures);
    }

    ViewState learnt(VmRecord record) {
        Optional<View> open = outstanding.filter(v -> v.number() > record.view().number());
        return new ViewState(
                Optional.of(record), peer, part, open, unanswered && open.isPresent(), proposals, notBefore, failures);
    }

    ViewState forgotten() {
        return new ViewState(Optional.empty(), peer, part, Optional.empty(), false, proposals, notBefore, failures);
    }

    ViewState proposed(View view) {
        return new ViewState(known, peer, part, Optional.of(view), false, proposals + 1, notBefore, failures);
    }

    ViewState withoutAnswer() {
        return new ViewState(known, peer, part, outstanding, outstanding.isPresent(), proposals, notBefore, failures);
    }

    ViewState askedAgain() {
        return new ViewState(known, peer, part, outstanding, false, proposals, notBefore, failures);
    }

    ViewState failedUntil(Moment moment) {
        return new ViewState(known, peer, part, outstanding, unanswered, proposals, moment, failures + 1);
    }

    ViewState withoutFailures() {
        return new ViewState(known, peer, part, outstanding, unanswered, proposals, notBefore, 0);
    }
}
