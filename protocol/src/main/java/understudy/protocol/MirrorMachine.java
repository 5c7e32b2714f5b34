package understudy.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import understudy.protocol.MirrorEffect.Admit;
import understudy.protocol.MirrorEffect.Forget;
import understudy.protocol.MirrorEffect.Hold;
import understudy.protocol.MirrorEffect.Propose;
import understudy.protocol.MirrorEffect.Role;
import understudy.protocol.MirrorEffect.Serve;
import understudy.protocol.MirrorEffect.Settle;
import understudy.protocol.MirrorEffect.StartCopy;
import understudy.protocol.MirrorEffect.StopCopy;
import understudy.protocol.MirrorEffect.Track;
import understudy.protocol.MirrorInput.CopyCaughtUp;
import understudy.protocol.MirrorInput.Forgotten;
import understudy.protocol.MirrorInput.PatienceOver;
import understudy.protocol.MirrorInput.ProposalUnanswered;
import understudy.protocol.MirrorInput.ReplicaLost;
import understudy.protocol.MirrorInput.ReplicaReady;
import understudy.protocol.MirrorInput.Settled;
import understudy.protocol.MirrorInput.ViewLearnt;
import understudy.protocol.MirrorState.Condition;
import understudy.protocol.MirrorState.Copy;
import understudy.protocol.MirrorState.Known;

/// Decides, on the host that serves a volume, which replicas its writes need, who is read from, and when the
/// one that was lost is let in again.
///
/// The intuition: the ledger's view names the replicas in sync, and only the serving side changes that.
/// Whatever happens, the machine *wants* a set or has none to ask for; it asks for it, and it serves in a new
/// way only when it has learnt the view that allows it. In between nothing is answered, so that the stricter of
/// both views is obeyed.
///
/// | view   | served            | when a replica is lost             | when the other one is ready      |
/// |--------|-------------------|------------------------------------|----------------------------------|
/// | `BOTH` | both required     | hold, ask for the one that is left | wait for the view without it     |
/// | one    | that one required | hold until it is back              | let it follow, copy, require it, |
/// |        |                   |                                    | flush both, ask for both         |
///
/// The awkward cases:
/// - A new life of the serving side knows nothing of what the last one had in flight, so it asks for a view
///   with one replica and lets the other one in by a copy of what the activity log holds. It takes its own
///   replica unless that may lack what it confirmed (its host was restarted) and the peer's does not.
/// - Both replicas lost at once: whichever comes back whole is claimed; one that reported an error is not, for
///   it may have dropped what it confirmed.
/// - The target of a copy is lost after the view with it was asked for: that view may yet come to be, so
///   nothing is answered until another one for the same number is learnt, or this one.
/// - A replica that is the only one in sync is never given up, whatever it does.
/// - Such a one comes back, and its host was restarted meanwhile: some of what it confirmed may be gone. Who was told
///   of it must not go on over a disk that went back in time, so it is served only when nobody is left who was.
///
/// Invariants: what is required is never less than what the newest known view, or a view that was asked for,
/// calls in sync; what is copied to is never in sync; the source of a copy always is.
///
/// Rejected: a handshake of the two replicas about who is newer. It is a second truth beside the ledger.
public final class MirrorMachine {

    public Step<MirrorState, MirrorEffect> step(MirrorState state, MirrorInput input) {
        List<MirrorEffect> effects = new ArrayList<>();
        MirrorState next = switch (input) {
            case ReplicaReady(MirrorSide side, boolean whole, boolean behind) ->
                ready(state, side, whole, behind, effects);
            case ReplicaLost(MirrorSide side) -> lost(state, side, effects);
            case ViewLearnt(long number, InSync set, boolean own) -> learn(state, number, set, own, effects);
            case ProposalUnanswered() -> repeat(state, effects);
            case PatienceOver() -> state.impatient();
            case CopyCaughtUp() -> caughtUp(state, effects);
            case Settled() -> settled(state);
            case Forgotten() -> forgotten(state, effects);
        };
        return new Step<>(startCopy(ask(next, effects), effects), effects);
    }

    private static MirrorState ready(
            MirrorState state, MirrorSide side, boolean whole, boolean behind, List<MirrorEffect> effects) {
        if (state.isUsable(side)) {
            return state;
        }
        boolean isTarget = state.source().filter(source -> source != side).isPresent();
        if (behind && !isTarget) {
            return forget(state.with(side, Condition.BEHIND), effects);
        }
        MirrorState next = state.with(side, whole ? Condition.WHOLE : Condition.LOSSY);
        boolean awaited = next.begun()
                && next.source().equals(Optional.of(side))
                && next.asked().isEmpty();
        return awaited ? serveAlone(next.joining(side), side, effects) : next;
    }

    /// Asks to have done with whoever was told what the only replica in sync has lost, if it has.
    private static MirrorState forget(MirrorState state, List<MirrorEffect> effects) {
        Optional<MirrorSide> behind = behind(state);
        if (behind.isPresent() && state.untold()) {
            return forgotten(state, effects);
        }
        behind.ifPresent(side -> effects.add(new Forget(side)));
        return state;
    }

    private static Optional<MirrorSide> behind(MirrorState state) {
        return state.source().filter(side -> state.condition(side) == Condition.BEHIND);
    }

    /// A replica that is there is served by a view of its own, in which it counts as what it is now.
    private static MirrorState forgotten(MirrorState state, List<MirrorEffect> effects) {
        boolean isHeld = state.view().isEmpty()
                || state.source().filter(side -> !state.isUsable(side)).isPresent();
        MirrorState next = isHeld ? state.untold(true) : state;
        Optional<MirrorSide> behind = behind(next);
        if (behind.isEmpty()) {
            return next;
        }
        InSync set = InSync.only(behind.get());
        effects.add(new Propose(numberAfter(next), set));
        return next.with(behind.get(), Condition.LOSSY).asking(set);
    }

    private static MirrorState lost(MirrorState state, MirrorSide side, List<MirrorEffect> effects) {
        MirrorState next = state.left(side);
        if (!state.isUsable(side)) {
            boolean isKnown = state.begun() && state.condition(side) != Condition.BEHIND;
            return isKnown ? state : next;
        }
        if (state.copy() != Copy.NONE) {
            effects.add(new StopCopy());
            next = next.with(Copy.NONE);
        }
        if (!state.begun()) {
            return next;
        }
        Optional<MirrorSide> source = state.source();
        boolean isTarget = source.isPresent() && source.get() != side;
        if (!isTarget || state.asked().isPresent()) {
            effects.add(new Hold());
        } else if (state.copy() != Copy.NONE && state.isUsable(source.get())) {
            return serveAlone(next, source.get(), effects);
        }
        return next;
    }

    private static MirrorState learn(
            MirrorState state, long number, InSync set, boolean own, List<MirrorEffect> effects) {
        if (state.view().filter(known -> known.number() >= number).isPresent()) {
            return state;
        }
        MirrorState next = state.learnt(number, set, own).asTarget();
        if (!next.begun()) {
            return forget(next, effects);
        }
        if (set == InSync.BOTH) {
            return learnBoth(state, next, effects);
        }
        boolean goesOn = state.begun()
                && state.copy() != Copy.NONE
                && state.view().map(Known::inSync).equals(Optional.of(set));
        if (goesOn) {
            return next;
        }
        MirrorSide source = set == InSync.LOCAL ? MirrorSide.LOCAL : MirrorSide.PEER;
        if (state.copy() != Copy.NONE) {
            effects.add(new StopCopy());
            next = next.with(Copy.NONE);
        }
        if (next.isUsable(source)) {
            return serveAlone(next, source, effects);
        }
        effects.add(new Hold());
        return forget(next, effects);
    }

    /// A replica may have been lost while the view was on its way: then it has still left.
    private static MirrorState learnBoth(MirrorState before, MirrorState next, List<MirrorEffect> effects) {
        if (before.copy() == Copy.ADMITTING) {
            before.source().ifPresent(source -> effects.add(new Admit(source.other())));
        }
        MirrorState left = next.with(Copy.NONE).leftAs(before).untold(false);
        boolean isComplete = !left.leftLocal() && !left.leftPeer();
        effects.add(isComplete ? new Serve(Role.REQUIRED, Role.REQUIRED) : new Hold());
        return left;
    }

    private static MirrorState serveAlone(MirrorState state, MirrorSide side, List<MirrorEffect> effects) {
        effects.add(new Track(side));
        effects.add(Serve.with(side, Role.ABSENT));
        return state.untold(false);
    }

    private static MirrorState repeat(MirrorState state, List<MirrorEffect> effects) {
        if (behind(state).isEmpty()) {
            state.asked().ifPresent(set -> effects.add(new Propose(numberAfter(state), set)));
        }
        return state;
    }

    private static MirrorState caughtUp(MirrorState state, List<MirrorEffect> effects) {
        if (state.copy() != Copy.COPYING) {
            return state;
        }
        effects.add(new Serve(Role.REQUIRED, Role.REQUIRED));
        effects.add(new Settle());
        return state.with(Copy.SETTLING);
    }

    private static MirrorState settled(MirrorState state) {
        return state.copy() == Copy.SETTLING ? state.with(Copy.ADMITTING) : state;
    }

    /// Begins to copy when there is somewhere to copy to and nothing is undecided.
    private static MirrorState startCopy(MirrorState state, List<MirrorEffect> effects) {
        Optional<MirrorSide> source = state.source();
        boolean may =
                state.begun() && state.copy() == Copy.NONE && state.asked().isEmpty();
        if (!may || source.isEmpty() || !state.isUsable(source.get())) {
            return state;
        }
        MirrorSide target = source.get().other();
        if (!state.isUsable(target)) {
            return state;
        }
        effects.add(Serve.with(source.get(), Role.FOLLOWING));
        effects.add(new StartCopy(target));
        return state.joining(target).with(Copy.COPYING);
    }

    /// Asks for what is wanted, once; a proposal of unknown outcome is overtaken, never abandoned.
    private static MirrorState ask(MirrorState state, List<MirrorEffect> effects) {
        Optional<InSync> wanted = state.view().flatMap(_ -> state.begun() ? wanted(state) : wantedAtFirst(state));
        if (wanted.isEmpty() || wanted.equals(state.asked())) {
            return state;
        }
        effects.add(new Propose(numberAfter(state), wanted.get()));
        return state.asking(wanted.get());
    }

    private static Optional<InSync> wanted(MirrorState state) {
        Optional<MirrorSide> source = state.source();
        if (source.isPresent()) {
            boolean admitting = state.copy() == Copy.ADMITTING;
            return admitting ? Optional.of(InSync.BOTH) : state.asked().map(_ -> InSync.only(source.get()));
        }
        if (state.leftLocal() && state.leftPeer()) {
            return onlyWholeOf(state);
        }
        return state.leftLocal()
                ? Optional.of(InSync.PEER)
                : state.leftPeer() ? Optional.of(InSync.LOCAL) : Optional.empty();
    }

    private static Optional<InSync> wantedAtFirst(MirrorState state) {
        Optional<MirrorSide> source = state.source();
        if (source.isPresent()) {
            return source.filter(state::isUsable).map(InSync::only);
        }
        boolean localMayCome = !state.isUsable(MirrorSide.LOCAL) && !state.leftLocal();
        if (state.patient() && localMayCome) {
            return Optional.empty();
        }
        Optional<InSync> whole = onlyWholeOf(state);
        if (whole.isPresent() || state.patient()) {
            return whole;
        }
        return state.isUsable(MirrorSide.LOCAL)
                ? Optional.of(InSync.LOCAL)
                : state.condition(MirrorSide.PEER) != Condition.AWAY ? Optional.of(InSync.PEER) : Optional.empty();
    }

    private static Optional<InSync> onlyWholeOf(MirrorState state) {
        return state.local() == Condition.WHOLE
                ? Optional.of(InSync.LOCAL)
                : state.peer() == Condition.WHOLE ? Optional.of(InSync.PEER) : Optional.empty();
    }

    private static long numberAfter(MirrorState state) {
        return state.view().orElseThrow().number() + 1;
    }
}
