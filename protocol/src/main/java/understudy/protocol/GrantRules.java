package understudy.protocol;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.protocol.Part.Dropping;
import understudy.protocol.Part.Idle;
import understudy.protocol.Part.Protected;
import understudy.protocol.Part.Running;
import understudy.protocol.SoloGrant.OnDisk;
import understudy.protocol.ViewEffect.EraseAlone;
import understudy.protocol.ViewEffect.RecordAlone;

/// What a host makes of a standing solo grant: the part of [ViewMachine] that is about clusters in which nobody is
/// left to decide once the VM's other host is lost.
///
/// The intuition: where the loss of the other host would leave no majority (the witness is away, or there is none),
/// the two record beforehand who may go on: the active. While the grant stands it goes on alone without asking, and the
/// standby does not take over. So the loss of the standby's host is survived, and a VM whose active is lost waits.
///
/// Going on alone is this host's own word until the ledger hears of it. It is on disk before the first answer, so
/// that a later life finds it; then this host acts by a view of its own ([SoloGrant#alone]) that says what the ledger
/// will say.
///
/// The awkward cases:
/// - The end of the grant is asked for, and the other host is lost. The grant may be over already: it is not used
///   any more, from before it was asked for until a view of that number is learnt ([Succession#isExposed]).
/// - The word may be on disk, or not: while it is written or erased nothing is asked for by which another host could
///   go on. A later life would take it at its word.
/// - A host that lost its power finds its word of an earlier start of the host: somebody may have been forced to go on
///   since, so it asks first. But it knows that the standby's image is old. Where it finds none, it never went on
///   alone, and ends the grant so that the standby can go on.
/// - Whoever is to be followed by another host, or by nobody, ends the grant first. So the ledger needs to know no
///   more of it than that only views of the active's host may follow.
///
/// Mirrors `Grant` in `specifications`.
final class GrantRules {
    private final Replica self;
    private final ViewMachine.Timing timing;

    GrantRules(Replica self, ViewMachine.Timing timing) {
        this.self = self;
        this.timing = timing;
    }

    ViewState turned(ViewState state, Moment now) {
        return state.with(state.grant().turned(timing.grantAfter(), timing.grantEndAfter(), now));
    }

    // ---- going on alone -------------------------------------------------------------------------------------------

    /// Writes down that it goes on alone, if it may and has to.
    ViewState use(ViewState state, List<ViewEffect> effects) {
        if (!state.isGranted() || state.grant().disk() != OnDisk.NOTHING || !hasLostPeer(state) || !mayGoAlone(state)) {
            return state;
        }
        effects.add(new RecordAlone(state.known().orElseThrow()));
        return state.with(state.grant().with(OnDisk.WRITING, state.number()));
    }

    /// Whether something waits for the other host: output of a pair, else disks. Who has none needs no more than
    /// that nobody else may go on.
    private static boolean hasLostPeer(ViewState state) {
        boolean waits = state.placement().orElseThrow() instanceof Paired
                ? state.part() instanceof Dropping
                : !state.spec().disks().isEmpty();
        return state.peer() instanceof PeerState.Lost && state.isWanted() && waits;
    }

    private boolean mayGoAlone(ViewState state) {
        return (state.isGranted() || isBoundByLaterView(state))
                && !state.isAlone()
                && state.isServing(self)
                && !state.succession().isExposed(state.known().orElseThrow().view())
                && state.spec().disks().stream().noneMatch(disk -> state.news().isFailed(disk.id(), self.host()));
    }

    /// A view of its own that was asked for before may land while the word is written; nobody else can go on by it.
    private static boolean isBoundByLaterView(ViewState state) {
        return state.grant().disk() == OnDisk.WRITING
                && state.number() > state.grant().under()
                && !state.known().orElseThrow().view().isPair(state.spec());
    }

    /// It is on disk.
    ViewState recorded(ViewState state, long number, List<ViewEffect> effects) {
        if (state.grant().disk() != OnDisk.WRITING || state.grant().under() != number) {
            return state;
        }
        if (!mayGoAlone(state)) {
            return erase(state, effects);
        }
        return going(state, aloneAfter(state.known().orElseThrow().view()));
    }

    /// Copies that are whole from here on were begun without what failed before.
    private static ViewState going(ViewState state, View alone) {
        return state.with(state.grant().going(alone)).with(state.news().settled(alone, state.outstanding()));
    }

    /// A later life of the agent finds what an earlier one wrote. The first input but for a guest's being found, if
    /// it comes.
    ///
    /// @param known         what was known then; empty if it cannot be read
    /// @param isOfThisStart whether this host has not been started anew since
    ViewState found(ViewState state, Optional<VmRecord> known, boolean isOfThisStart) {
        SoloGrant word = state.grant()
                .with(OnDisk.WRITTEN, known.map(it -> it.view().number()).orElse(0L));
        if (known.isEmpty() || !isOfThisStart) {
            return state.with(word);
        }
        return state.learnt(known.get())
                .with(state.succession().outwaited())
                .with(word.going(aloneAfter(known.get().view())));
    }

    /// What disks are to go by: where an earlier life went on alone, the other host's replicas are old.
    View applied(ViewState state) {
        View view = state.acting().orElseThrow();
        boolean isOld = view.isActive(self.host()) && state.grant().wasAlone();
        return isOld
                ? new View(
                        view.number(), view.placement(), aloneAfter(view).volumes(), view.proposal(), view.soloGrant())
                : view;
    }

    /// What the ledger will say of this host's going on alone.
    View aloneAfter(View view) {
        HostName host = self.host();
        UUID name = new UUID(self.life().value().getMostSignificantBits(), 0);
        return view.next(
                new Solo(self),
                view.volumes().stream().map(it -> it.keeping(host::equals)).toList(),
                name);
    }

    // ---- what the ledger says -------------------------------------------------------------------------------------

    /// A later view than the one under which it was written ends it, save one that has this host run the VM and does
    /// not say that its disks count alone: that was asked for before. What a life hears first may be older.
    ViewState learnt(ViewState before, ViewState state, List<ViewEffect> effects) {
        long under = state.grant().under();
        boolean isLater = under == 0 ? before.known().isPresent() : state.number() > under;
        boolean isNew = before.number() < state.number();
        if (state.grant().disk() == OnDisk.NOTHING || !isNew || !isLater) {
            return state;
        }
        View view = state.known().orElseThrow().view();
        if (!view.isActive(self.host()) || isTold(state, view)) {
            return erase(state.with(state.grant().notAlone()), effects);
        }
        // What is asked for is asked for on top of its word: the ledger's view may have it by an older proposal.
        return state.isAlone() ? going(state.with(before.news()), aloneAfter(view)) : state;
    }

    /// Whether the ledger knows by this view that this host goes on alone; while it does so, in this life.
    private boolean isTold(ViewState state, View view) {
        View alone = aloneAfter(view);
        boolean isSolo =
                state.isAlone() ? view.placement().equals(alone.placement()) : view.placement() instanceof Solo;
        return isSolo && view.volumes().equals(alone.volumes()) && !view.soloGrant();
    }

    private static ViewState erase(ViewState state, List<ViewEffect> effects) {
        effects.add(new EraseAlone());
        return state.with(state.grant().with(OnDisk.ERASING));
    }

    static ViewState erased(ViewState state) {
        return state.grant().disk() == OnDisk.ERASING ? state.with(state.grant().with(OnDisk.NOTHING)) : state;
    }

    /// The VM is no more.
    static ViewState forgotten(ViewState state, List<ViewEffect> effects) {
        return state.grant().disk() == OnDisk.NOTHING ? state : erase(state, effects);
    }

    // ---- what is asked for ----------------------------------------------------------------------------------------

    /// Whether a view that changes nothing else is to have the grant.
    boolean wish(ViewState state, View view) {
        boolean isCalm = state.part() instanceof Running || state.part() instanceof Protected;
        boolean isThere = state.peer() instanceof PeerState.Up;
        // Who has not all of it could not go on alone, and would only keep the other host from it.
        boolean hasAll = view.volumes().stream().allMatch(volume -> volume.isInSync(self.host()));
        return state.grant().wanted()
                && hasAll
                && view.isPair(state.spec())
                && (view.soloGrant() || (isCalm && isThere));
    }

    /// Whether this life finds that the host was lost under a grant that it had not used: the standby's image is all
    /// that is left of the guest.
    boolean leavesToStandby(ViewState state) {
        return state.part() instanceof Idle
                && state.isGranted()
                && state.isWanted()
                && state.grant().disk() == OnDisk.NOTHING
                && state.placement().orElseThrow() instanceof Paired(Replica active, Replica _)
                && active.host().equals(self.host())
                && !active.equals(self);
    }

    /// Whether nothing may be asked for before the ledger knows that this host goes on alone: a later life may find
    /// its word, and go by it.
    static boolean isBoundByWord(ViewState state) {
        return state.isAlone() || state.grant().disk() == OnDisk.WRITING;
    }
}
