package understudy.protocol;

import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.protocol.Part.Booting;
import understudy.protocol.Part.Halting;
import understudy.protocol.Part.Idle;
import understudy.protocol.Part.Outwaiting;
import understudy.protocol.Part.Starting;
import understudy.protocol.Part.Taking;
import understudy.protocol.Part.Yielding;
import understudy.protocol.ViewEffect.BootGuest;
import understudy.protocol.ViewEffect.KillGuest;
import understudy.protocol.ViewEffect.OutwaitLease;

/// How a host comes to run a VM of which it has nothing, or to say that nobody runs it: the part of [ViewMachine] that
/// decides whose turn it is, and waits until no former active can let anything out.
final class StartRules {
    private final Replica self;
    private final ViewMachine.Timing timing;
    private final GrantRules grants;

    StartRules(Replica self, ViewMachine.Timing timing, GrantRules grants) {
        this.self = self;
        this.timing = timing;
        this.grants = grants;
    }

    /// Boots the guest, or waits first until no former active can let anything out.
    static ViewState begin(ViewState state, List<ViewEffect> effects) {
        if (!state.succession().mayBegin(state.spec())) {
            return outwait(state, effects);
        }
        effects.add(new BootGuest());
        return state.with(new Booting());
    }

    /// Has it recorded that nobody runs the VM, which must be so then.
    static ViewState halt(ViewState state, List<ViewEffect> effects) {
        return state.succession().mayBegin(state.spec()) ? state.with(new Halting(true)) : outwait(state, effects);
    }

    private static ViewState outwait(ViewState state, List<ViewEffect> effects) {
        effects.add(new OutwaitLease(state.number()));
        return state.with(new Outwaiting(state.number()));
    }

    /// The wait may be one for an earlier view: then its part is gone, and so is what it was for.
    ViewState outwaited(ViewState state, long view, List<ViewEffect> effects) {
        if (!state.part().equals(new Outwaiting(view))) {
            return state;
        }
        ViewState next = state.with(state.succession().outwaited());
        if (!next.isWanted()) {
            return next.with(new Halting(true));
        }
        if (!next.isServing(self)) {
            return next.with(new Starting());
        }
        // What was to be stopped when its guest died, and is wanted again, may have a standby.
        boolean isPaired = next.placement().orElseThrow() instanceof Paired;
        return isPaired ? next.with(new Idle()) : begin(next, effects);
    }

    /// What becomes of a guest that an earlier life left: it is taken up, save where its writes were being kept
    /// aside for a standby. Those died with that life, so the standby is to go on; and nothing is asked for before
    /// it is heard.
    Optional<Placement> found(ViewState state) {
        if (state.placement().orElseThrow() instanceof Paired(Replica _, Replica standby) && isKeptAside(state)) {
            return state.peer() instanceof PeerState.Up(Life life)
                    ? Optional.of(new Solo(standby.life().equals(life) ? standby : self))
                    : Optional.empty();
        }
        return Optional.of(new Solo(self));
    }

    private static boolean isKeptAside(ViewState state) {
        return state.placement().orElseThrow() instanceof Paired
                && !state.spec().disks().isEmpty();
    }

    /// The standby that was to go on is gone, too.
    ViewState foundInVain(ViewState state, Moment now, List<ViewEffect> effects) {
        if (!isKeptAside(state) || !state.peer().isSilentFor(timing.bootClaimAfter(), now)) {
            return state;
        }
        effects.add(new KillGuest("what it wrote last died with its agent"));
        return state.with(new Starting());
    }

    /// Gives up what this host was about to begin where it may not any more, or where the standby of its dead guest can
    /// go on after all. What was asked for may still land, and is dealt with then.
    ViewState unlessOvertaken(ViewState state) {
        if (state.isServing(self)) {
            return state.part() instanceof Starting
                            && state.placement().orElseThrow() instanceof Paired(Replica _, Replica standby)
                            && couldGoOn(state, standby)
                    ? state.with(new Yielding(standby))
                    : state;
        }
        boolean isForbidden = switch (state.part()) {
            case Taking _ -> !state.isTaker(self.host());
            case Starting _ -> isStandbyHost(state) && !state.hasDisks(self.host());
            default -> false;
        };
        return isForbidden ? state.with(new Idle()) : state;
    }

    /// Whether it is this host's turn was decided by the view before: a pair may have been recorded since, whose image
    /// has the better claim.
    static ViewState lookAgain(ViewState before, ViewState learnt) {
        return learnt.part() instanceof Starting && learnt.number() > before.number()
                ? learnt.with(new Idle())
                : learnt;
    }

    ViewState take(ViewState state, Moment now) {
        return state.succession().isTime(state.peer(), timing, now) ? state.with(new Taking()) : state;
    }

    /// Somebody wants the VM to run, and nothing of it is here.
    ViewState idle(ViewState state, Moment now, List<ViewEffect> effects) {
        Placement placement = state.placement().orElseThrow();
        Optional<Replica> active = placement.activeReplica();
        if (active.isEmpty()) {
            List<HostName> able =
                    state.known().orElseThrow().view().starters(state.spec().hosts());
            boolean first = able.getFirst().equals(self.host());
            boolean mine = able.contains(self.host()) && state.isReady();
            return mine && (first || state.peer().isSilentFor(timing.startAfter(), now))
                    ? state.with(new Starting())
                    : state;
        }
        if (active.get().equals(self)) {
            return ownGuestDied(state, placement, now, effects);
        }
        if (grants.leavesToStandby(state)) {
            return state.waitingFrom(now);
        }
        boolean anImageMayClaim = placement instanceof Paired
                && !(state.isGranted() && state.grant().wasAlone());
        if (active.get().host().equals(self.host())) {
            return !anImageMayClaim || now.since(state.notBefore()).compareTo(timing.bootClaimAfter()) >= 0
                    ? state.with(new Starting())
                    : state;
        }
        return isStandbyHost(state)
                        && state.hasDisks(self.host())
                        && !state.isGranted()
                        && state.peer().isSilentFor(timing.bootClaimAfter(), now)
                ? state.with(new Starting())
                : state;
    }

    private boolean isStandbyHost(ViewState state) {
        return state.known().filter(vm -> vm.view().isStandby(self.host())).isPresent();
    }

    private ViewState ownGuestDied(ViewState state, Placement placement, Moment now, List<ViewEffect> effects) {
        return switch (placement) {
            case Paired(Replica _, Replica standby) -> leaveToStandby(state, standby, now);
            // A proposal that is still under way could make this a pair under a guest whose gate is open: overtake it.
            case Solo _ when state.outstanding().isPresent() && !state.isAlone() -> state.with(new Starting());
            case Solo _ -> begin(state, effects);
            case Stopped() -> state;
        };
    }

    private static boolean couldGoOn(ViewState state, Replica standby) {
        return state.peer() instanceof PeerState.Up(Life life)
                && standby.life().equals(life)
                && state.hasDisksThere(standby.host());
    }

    /// The standby's image is all that is left of the guest, so it gets time to claim although it is silent.
    private ViewState leaveToStandby(ViewState state, Replica standby, Moment now) {
        if (state.peer() instanceof PeerState.Up) {
            return state.with(couldGoOn(state, standby) ? new Yielding(standby) : new Starting());
        }
        return state.peer().isSilentFor(timing.bootClaimAfter(), now) ? state.with(new Starting()) : state;
    }
}
