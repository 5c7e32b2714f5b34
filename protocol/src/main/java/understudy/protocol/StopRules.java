package understudy.protocol;

import java.util.List;
import java.util.Optional;
import understudy.model.Placement.Stopped;
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
import understudy.protocol.ViewEffect.CloseStream;
import understudy.protocol.ViewEffect.KillGuest;
import understudy.protocol.ViewEffect.ShutDownGuest;

/// How a VM that nobody wants any more comes to its end: the part of [ViewMachine] that has the guest shut down.
///
/// A guest with a standby is dropped to running alone first, and shut down when that is learnt: what it does while
/// it shuts down needs no standby to hold it, and its writes go to its disks.
///
/// Rejected: shutting it down as a pair. Its last epoch would have to be made and committed after its end.
final class StopRules {
    private final Replica self;

    StopRules(Replica self) {
        this.self = self;
    }

    /// What becomes of a VM that is to stop, where this host is the one to do it.
    ViewState unlessWanted(ViewState state, List<ViewEffect> effects) {
        if (state.isWanted()) {
            return state;
        }
        return switch (state.part()) {
            case Booting _, Running _ -> {
                effects.add(new CloseStream());
                yield shutDown(state, effects);
            }
            case Copying _ -> shutDown(ActiveRules.stopCopy(state, effects), effects);
            case Raising _, Protected _ -> ActiveRules.drop(state, false, effects);
            case Found _ -> {
                effects.add(new KillGuest("it was stopped"));
                yield state.with(new Halting(true));
            }
            case Starting _ when state.placement().equals(Optional.of(new Stopped())) -> state.with(new Idle());
            case Yielding _, Starting _ -> StartRules.halt(state, effects);
            case Idle _
            when state.known().filter(r -> r.view().isActive(self.host())).isPresent() ->
                StartRules.halt(state, effects);
            case Idle _,
                    Taking _,
                    Outwaiting _,
                    Receiving _,
                    Holding _,
                    Claiming _,
                    Resuming _,
                    Dropping _,
                    HandingOver _,
                    Halting _ -> state;
        };
    }

    private static ViewState shutDown(ViewState state, List<ViewEffect> effects) {
        effects.add(new ShutDownGuest());
        return state.with(new Halting(false));
    }
}
