package understudy.protocol;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Moment;
import understudy.model.Replica;
import understudy.protocol.Part.Booting;
import understudy.protocol.Part.Claiming;
import understudy.protocol.Part.Copying;
import understudy.protocol.Part.Dropping;
import understudy.protocol.Part.Found;
import understudy.protocol.Part.Halting;
import understudy.protocol.Part.HandingOver;
import understudy.protocol.Part.Holding;
import understudy.protocol.Part.Idle;
import understudy.protocol.Part.Outwaiting;
import understudy.protocol.Part.Protected;
import understudy.protocol.Part.Raising;
import understudy.protocol.Part.Receiving;
import understudy.protocol.Part.Resuming;
import understudy.protocol.Part.Running;
import understudy.protocol.Part.Starting;
import understudy.protocol.Part.Taking;
import understudy.protocol.Part.Yielding;
import understudy.protocol.ViewEffect.BootGuest;
import understudy.protocol.ViewEffect.CloseStream;
import understudy.protocol.ViewEffect.DropImage;
import understudy.protocol.ViewEffect.KillGuest;
import understudy.protocol.ViewEffect.MakeLastEpoch;
import understudy.protocol.ViewEffect.OpenGate;
import understudy.protocol.ViewEffect.StartCopy;

/// What a host does with a guest that it runs: the part of [ViewMachine] that begins, ends and gives up copies, and
/// answers the death of the guest or of its disks.
final class ActiveRules {
    /// How many times longer than copies at the longest hand-overs wait for another try.
    private static final int RARER = 16;

    private final Replica self;
    private final ViewMachine.Timing timing;

    ActiveRules(Replica self, ViewMachine.Timing timing) {
        this.self = self;
        this.timing = timing;
    }

    ViewState guestGone(ViewState state, Moment at, Duration rest, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Halting _ -> state.with(new Halting(true));
            case Protected(Replica standby) -> {
                effects.add(new CloseStream());
                yield state.with(new Yielding(standby));
            }
            case Found _ -> state.with(new Idle());
            case Resuming _ -> {
                effects.add(new DropImage());
                effects.add(new BootGuest());
                yield state.with(new Booting());
            }
            case Booting _, Running _, Copying _, Raising _, Dropping _, HandingOver _ -> {
                effects.add(new CloseStream());
                yield failed(state.with(new Idle()), at).restingUntil(at.plus(rest));
            }
            case Idle _, Starting _, Taking _, Outwaiting _, Yielding _, Receiving _, Holding _, Claiming _ -> state;
        };
    }

    private ViewState failed(ViewState state, Moment at) {
        return failed(state, at, timing.retryMax());
    }

    /// @param longest the most that the next try waits
    private ViewState failed(ViewState state, Moment at, Duration longest) {
        int shift = Math.min(state.attempts().failures(), 16);
        Duration wait = timing.retryAfter().multipliedBy(1L << shift);
        return state.failedUntil(at.plus(wait.compareTo(longest) < 0 ? wait : longest));
    }

    ViewState copyToPeer(ViewState state, List<ViewEffect> effects) {
        Optional<HostName> other = state.spec().otherThan(self.host());
        if (other.isEmpty() || !(state.peer() instanceof PeerState.Up(var life)) || !state.isWanted()) {
            return state;
        }
        if (!state.isCopied() || !state.hasDisksThere(other.get())) {
            return state;
        }
        Replica standby = new Replica(other.get(), life);
        effects.add(new StartCopy(standby, state.number()));
        return state.copying().with(new Copying(standby));
    }

    /// A standby goes on with its own disks: where it lacks one it could not, so nothing is built on its image any
    /// more. Nor is it where another host has taken its place, or where users have chosen another level
    /// meanwhile, or want it to be moved no more; a hand-over that was begun comes to its end first.
    ///
    /// A copy that is given up for its level will not be tried again, nor one that ended before the level changed.
    /// So a view is asked for, by which the other host drops what it has of it.
    static ViewState unlessImageIsVain(ViewState state, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Copying _ when !state.isCopied() -> drop(state, false, effects);
            case Running _ when isHeldForNothing(state) -> drop(state, false, effects);
            case Copying(Replica standby) when isVain(state, standby) -> stopCopy(state, effects);
            case Raising(Replica standby) when isVain(state, standby) -> drop(state, false, effects);
            case Protected(Replica standby) when isVain(state, standby) -> drop(state, false, effects);
            case HandingOver(Replica standby, boolean _) when !couldGoOn(state, standby) -> drop(state, true, effects);
            default -> state;
        };
    }

    /// It ended before, and will not be tried again.
    private static boolean isHeldForNothing(ViewState state) {
        return !state.isCopied() && state.isOffered() && state.isWanted() && !state.isAlone();
    }

    private static boolean isVain(ViewState state, Replica standby) {
        return !state.isCopied() || !couldGoOn(state, standby);
    }

    private static boolean couldGoOn(ViewState state, Replica standby) {
        return state.spec().hosts().contains(standby.host()) && state.hasDisksThere(standby.host());
    }

    /// Where it is to be moved, no copy is a success before it has been.
    static ViewState copyCommitted(ViewState state, Replica committed) {
        if (!(state.part() instanceof Copying(Replica standby)) || !standby.equals(committed)) {
            return state;
        }
        ViewState raising = state.with(new Raising(standby));
        return state.isMoved() ? raising : raising.withoutFailures();
    }

    /// A hand-over that comes to nothing. Each stops the guest for a moment.
    ViewState takeBack(ViewState state, Moment at, List<ViewEffect> effects) {
        return failed(drop(state, true, effects), at, timing.retryMax().multipliedBy(RARER));
    }

    ViewState streamBroken(ViewState state, Moment at, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Copying _ -> failed(stopCopy(state, effects), at);
            case Raising _, Protected _ -> failed(drop(state, false, effects), at);
            case HandingOver _ -> takeBack(state, at, effects);
            case Receiving _ -> StandbyRules.dropped(state, effects);
            default -> state;
        };
    }

    /// A VM that is to be moved is handed over as soon as its standby could go on. If that comes to nothing it is tried
    /// again, when the standby has a new copy.
    static ViewState handOverIfMoved(ViewState state, List<ViewEffect> effects) {
        if (state.part() instanceof Protected(Replica standby) && state.isMovedTo(standby.host())) {
            effects.add(new MakeLastEpoch());
            return state.with(new HandingOver(standby, false));
        }
        return state;
    }

    static ViewState lastEpochCommitted(ViewState state) {
        return state.part() instanceof HandingOver(Replica standby, boolean _)
                ? state.with(new HandingOver(standby, true))
                : state;
    }

    static ViewState stopCopy(ViewState state, List<ViewEffect> effects) {
        effects.add(new CloseStream());
        effects.add(new OpenGate());
        return state.with(new Running());
    }

    /// Wants to go on alone. The gate stays as it is: what is committed may leave, the rest waits for the view.
    static ViewState drop(ViewState state, boolean paused, List<ViewEffect> effects) {
        effects.add(new CloseStream());
        return state.with(new Dropping(paused, state.number()));
    }

    /// The guest begins anew from what its disks have, as after a loss of power: it knows more than they do.
    static ViewState diskWentBack(ViewState state, List<ViewEffect> effects) {
        Part next = switch (state.part()) {
            case Booting _, Running _, Copying _, Raising _, Protected _, Dropping _, HandingOver _, Resuming _ ->
                new Idle();
            case Halting(boolean gone) when !gone -> new Halting(true);
            default -> state.part();
        };
        if (next.equals(state.part())) {
            return state;
        }
        effects.add(new CloseStream());
        effects.add(new KillGuest("a disk of it lost what it had acknowledged, with the power of the other host"));
        return state.with(next);
    }

    /// At level `restart` a VM is not served through another host: it begins anew where its disks work.
    ViewState moveAway(ViewState state, HostName failed, List<ViewEffect> effects) {
        boolean runs = state.part() instanceof Running || state.part() instanceof Booting;
        boolean elsewhere = failed.equals(self.host())
                && state.peer() instanceof PeerState.Up
                && state.known()
                        .filter(vm -> vm.spec().level() == Level.RESTART)
                        .filter(vm -> vm.view().isPair(vm.spec()))
                        .isPresent();
        if (!runs || !elsewhere || !state.isServing(self)) {
            return state;
        }
        effects.add(new KillGuest("its disk failed here, and works on the other host"));
        return state.with(new Halting(true));
    }
}
