package understudy.protocol;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.VmRecord;
import understudy.protocol.Part.Claiming;
import understudy.protocol.Part.Holding;
import understudy.protocol.Part.Idle;
import understudy.protocol.Part.Receiving;
import understudy.protocol.Part.Taking;
import understudy.protocol.ViewEffect.AcceptStream;
import understudy.protocol.ViewEffect.CloseStream;
import understudy.protocol.ViewEffect.DropImage;
import understudy.protocol.ViewEffect.RefuseStream;

/// What a host does with an image of a guest that another one runs: the part of [ViewMachine] that takes streams in,
/// keeps what the view counts on, and claims.
final class StandbyRules {
    /// How many times the span of a word of others a standby leaves the race to an active that they hear.
    private static final int HEARSAY_MAX = 5;

    private final Replica self;
    private final ViewMachine.Timing timing;

    StandbyRules(Replica self, ViewMachine.Timing timing) {
        this.self = self;
        this.timing = timing;
    }

    /// An image stays while the view counts on it, or while the view is the one that the image was made under:
    /// the active may just be asking for the pair.
    boolean keepsImage(ViewState state, Placement placement, Replica active, long since) {
        return switch (placement) {
            case Paired(Replica a, Replica standby) -> a.equals(active) && standby.equals(self);
            case Solo(Replica a) -> a.equals(active) && state.number() <= since;
            case Stopped() -> false;
        };
    }

    static ViewState dropped(ViewState state, List<ViewEffect> effects) {
        effects.add(new CloseStream());
        effects.add(new DropImage());
        return state.with(new Idle());
    }

    boolean mayClaim(ViewState state) {
        return state.isWanted() && !state.isGranted() && state.hasDisks(self.host()) && isStandby(state);
    }

    private boolean isStandby(ViewState state) {
        return state.placement()
                .filter(p -> p.standbyReplica().equals(Optional.of(self)))
                .isPresent();
    }

    /// Whether a VM that has no standby yet, by the known view, is to be taken over, as one is that never has any.
    boolean isTimeToTake(ViewState state, Moment now) {
        return state.isTaker(self.host()) && state.succession().isTime(state.peer(), timing, now);
    }

    /// The other host's view, learnt under a claim. One that a solo grant overtook can wait with its image: its
    /// active may leave the VM to it.
    ViewState claiming(ViewState state, Placement placement, List<ViewEffect> effects) {
        if (isStandby(state)) {
            return state.isGranted() ? waiting(state, placement) : state;
        }
        boolean isAskedFor = state.outstanding().isPresent() && state.isTaker(self.host());
        return isAskedFor ? state : dropped(state, effects);
    }

    /// A claim that may not be made any more waits with its image. What was asked for may land all the same.
    ViewState unlessForbidden(ViewState state) {
        if (!(state.part() instanceof Claiming) || state.isServing(self)) {
            return state;
        }
        boolean isAllowed = isStandby(state) ? state.hasDisks(self.host()) : state.isTaker(self.host());
        return isAllowed ? state : waiting(state, state.placement().orElseThrow());
    }

    private static ViewState waiting(ViewState state, Placement placement) {
        return placement
                .activeReplica()
                .map(active -> state.with(new Holding(active, state.number())))
                .orElse(state);
    }

    /// This host has taken over a VM that had no standby: what left since the image was made is not in it, so the
    /// guest is booted.
    ViewState withoutOldImage(Optional<VmRecord> before, ViewState state, List<ViewEffect> effects) {
        boolean isTaken = state.isServing(self)
                && before.map(VmRecord::view)
                        .filter(view -> view.number() + 1 == state.number())
                        .filter(view -> view.placement() instanceof Solo(Replica active)
                                && !active.host().equals(self.host()))
                        .isPresent();
        return isTaken && (state.part() instanceof Holding || state.part() instanceof Claiming)
                ? dropped(state, effects).with(new Taking())
                : state;
    }

    /// An active whose life is over is not waited for, whenever this host becomes able to go on.
    ///
    /// A lost active that others hear lives, and has most likely lost this host, too: then it asks for a view
    /// without this host, and is to win. But it may still hear this host, or hang in a way that others do not
    /// see.
    boolean isTimeToClaim(ViewState state, Moment now) {
        PeerState peer = state.peer();
        boolean isLost = peer.isLostFor(timing.claimAfter(), now)
                && (peer.isLostFor(longestHearsay(), now) || !peer.isHeardElsewhere(timing.hearsay(), now));
        return mayClaim(state) && (isLost || isActiveOver(state));
    }

    /// Short of the time in which a host that came back without the guest would begin it.
    private Duration longestHearsay() {
        Duration longest = timing.hearsay().multipliedBy(HEARSAY_MAX);
        Duration end = timing.bootClaimAfter().dividedBy(2);
        return longest.compareTo(end) < 0 ? longest : end;
    }

    /// The active's life is over, as was heard when it could not be claimed yet.
    ViewState claimIfActiveIsOver(ViewState state, List<ViewEffect> effects) {
        return isActiveOver(state) && mayClaim(state) ? claim(state, effects) : state;
    }

    private static boolean isActiveOver(ViewState state) {
        return state.part() instanceof Holding(Replica active, long _)
                && state.peer() instanceof PeerState.Up(Life life)
                && !active.life().equals(life);
    }

    static ViewState claim(ViewState state, List<ViewEffect> effects) {
        effects.add(new CloseStream());
        return state.with(new Claiming());
    }

    boolean isAbandoned(ViewState state, Moment now) {
        return !state.isWanted()
                && !state.isGranted()
                && state.known().filter(r -> r.view().isStandby(self.host())).isPresent()
                && state.peer().isLostFor(timing.bootClaimAfter(), now);
    }

    ViewState streamOffered(ViewState state, Replica active, long number, List<ViewEffect> effects) {
        boolean older = state.known().isEmpty() || number < state.number();
        boolean fromActive = state.placement()
                .flatMap(Placement::activeReplica)
                .filter(active::equals)
                .isPresent();
        boolean free = state.part() instanceof Idle
                || state.part() instanceof Receiving
                || (state.part() instanceof Holding && !mayClaim(state));
        if (older || !fromActive || !free) {
            effects.add(new RefuseStream(whyRefused(state, active, number, older, fromActive)));
            return state;
        }
        if (!(state.part() instanceof Idle)) {
            effects.add(new CloseStream());
            effects.add(new DropImage());
        }
        effects.add(new AcceptStream());
        return state.with(new Receiving(active, number));
    }

    private static String whyRefused(ViewState state, Replica active, long number, boolean older, boolean fromActive) {
        if (state.known().isEmpty()) {
            return "no view is known here yet";
        }
        if (older) {
            return "it is of view " + number + ", and view " + state.number() + " is known here";
        }
        if (!fromActive) {
            return active + " is not the active one of view " + state.number();
        }
        String part = state.part().getClass().getSimpleName().toLowerCase(Locale.ROOT);
        return "this host is " + part + " in view " + state.number();
    }

    static ViewState imageCompleted(ViewState state) {
        return state.part() instanceof Receiving(Replica active, long view)
                ? state.with(new Holding(active, Math.max(view, state.number())))
                : state;
    }

    /// The standby's QEMU died, or an epoch could not be applied: what the view counts on is not there any more.
    static ViewState imageLost(ViewState state, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Receiving _, Holding _, Claiming _ -> dropped(state, effects);
            default -> state;
        };
    }
}
