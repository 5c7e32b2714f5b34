package understudy.protocol;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VolumeView;
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
import understudy.protocol.ViewEffect.Propose;

/// What a host asks of the ledger: the part of [ViewMachine] that makes a view of what a part wants and of what is
/// known of the volumes.
final class ProposalRules {
    private final Replica self;

    ProposalRules(Replica self) {
        this.self = self;
    }

    private Optional<Placement> wantedPlacement(Part part) {
        return switch (part) {
            case Found _, Starting _, Taking _, Dropping _, Claiming _ -> Optional.of(new Solo(self));
            case Raising(Replica standby) -> Optional.of(new Paired(self, standby));
            case HandingOver(Replica standby, boolean committed) ->
                committed ? Optional.of(new Solo(standby)) : Optional.empty();
            case Yielding(Replica standby) -> Optional.of(new Solo(standby));
            case Halting(boolean gone) -> gone ? Optional.of(new Stopped()) : Optional.empty();
            case Idle _,
                    Outwaiting _,
                    Booting _,
                    Running _,
                    Copying _,
                    Protected _,
                    Receiving _,
                    Holding _,
                    Resuming _ -> Optional.empty();
        };
    }

    /// Only who runs the VM in this life, or is about to, knows what became of replicas.
    ViewState ifServing(ViewState state, VolumeNews next) {
        return state.isServing(self)
                ? state.with(next.settled(state.known().orElseThrow().view(), state.outstanding()))
                : state;
    }

    /// What the volumes are to be in the view that is asked for.
    private List<VolumeView> wantedVolumes(ViewState state, View view, Optional<Placement> wanted) {
        if (state.isServing(self)) {
            boolean ends = wanted.filter(placement -> !placement.activeReplica().equals(Optional.of(self)))
                    .isPresent();
            return ends ? state.news().atEnd(view) : state.news().wish(view);
        }
        return wanted.filter(new Solo(self)::equals).isPresent()
                ? state.news().atStart(view, self.host())
                : view.volumes();
    }

    /// A proposal without an answer may still land, so it stays outstanding until a view of its number is
    /// learnt, and the very same one is asked for again as soon as the part wants it (again).
    ViewState propose(ViewState state, List<ViewEffect> effects) {
        Optional<Placement> wanted = wantedPlacement(state.part());
        if (state.known().isEmpty() || (wanted.isEmpty() && !state.isServing(self))) {
            return state;
        }
        View view = state.known().get().view();
        if (wanted.isPresent() && !state.isServing(self) && !state.isReady()) {
            return state;
        }
        List<VolumeView> volumes = wantedVolumes(state, view, wanted);
        if (wanted.isEmpty() && isAsWanted(state, view, volumes)) {
            return state;
        }
        Placement placement = wanted.orElse(view.placement());
        if (state.isOutstanding(placement, volumes)) {
            if (!state.unanswered()) {
                return state;
            }
            effects.add(new Propose(state.outstanding().orElseThrow()));
            return state.askedAgain();
        }
        UUID proposal = new UUID(self.life().value().getMostSignificantBits(), state.proposals() + 1);
        View next = view.next(placement, volumes, proposal);
        effects.add(new Propose(next));
        return state.proposed(next);
    }

    /// Whether the volumes are as this host wants them, and nothing is under way that could change that.
    private static boolean isAsWanted(ViewState state, View view, List<VolumeView> volumes) {
        boolean nothingOpen = volumes.isEmpty() || state.outstanding().isEmpty();
        return view.volumes().equals(volumes) && nothingOpen;
    }
}
