package understudy.protocol;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.HostName;
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
    private final GrantRules grants;
    private final StartRules start;

    /// What is wanted of the next view.
    private record Wish(Placement placement, List<VolumeView> volumes, boolean soloGrant) {}

    ProposalRules(Replica self, GrantRules grants, StartRules start) {
        this.self = self;
        this.grants = grants;
        this.start = start;
    }

    private Optional<Placement> wantedPlacement(ViewState state) {
        return switch (state.part()) {
            case Found _ -> start.found(state);
            case Starting _, Taking _, Dropping _, Claiming _ -> Optional.of(new Solo(self));
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
                ? state.with(next.settled(state.acting().orElseThrow(), state.outstanding()))
                : state;
    }

    /// What the volumes are to be in the view that is asked for. Where a standby is to go on they count alone
    /// there: what is under way here may have reached one replica only.
    private List<VolumeView> wantedVolumes(ViewState state, View view, Optional<Placement> wanted) {
        Optional<HostName> other =
                wanted.flatMap(Placement::activeReplica).map(Replica::host).filter(host -> !host.equals(self.host()));
        if (other.isPresent()) {
            return view.volumes().stream()
                    .map(volume -> volume.keeping(other.get()::equals))
                    .toList();
        }
        if (state.isServing(self)) {
            boolean ends = wanted.filter(placement -> !placement.activeReplica().equals(Optional.of(self)))
                    .isPresent();
            return ends ? state.news().atEnd(view) : state.news().wish(view);
        }
        return wanted.filter(new Solo(self)::equals).isPresent()
                ? state.news().atStart(view, self.host())
                : view.volumes();
    }

    /// What is to be asked for, or to stay so; empty if this host has nothing to say.
    private Optional<Wish> wish(ViewState state, View view) {
        Optional<Placement> wanted = wantedPlacement(state);
        if (GrantRules.isBoundByWord(state)) {
            View alone = grants.aloneAfter(view);
            return Optional.of(new Wish(alone.placement(), alone.volumes(), false));
        }
        if (grants.leavesToStandby(state)) {
            return Optional.of(new Wish(view.placement(), view.volumes(), false));
        }
        boolean isServing = state.isServing(self);
        if (wanted.isEmpty() ? !isServing : !isServing && !mayBegin(state, view)) {
            return Optional.empty();
        }
        List<VolumeView> volumes = wantedVolumes(state, view, wanted);
        if (wanted.isEmpty() && !hasStandbyItsDisks(view, volumes)) {
            // The guest of the pair is dead, and what is to become of it is not decided yet.
            return Optional.empty();
        }
        if (wanted.isEmpty()) {
            boolean granted = view.volumes().equals(volumes) && grants.wish(state, view);
            return Optional.of(new Wish(view.placement(), volumes, granted));
        }
        boolean staysHere = wanted.flatMap(Placement::activeReplica)
                .filter(active -> active.host().equals(self.host()))
                .isPresent();
        return Optional.of(
                staysHere || !(view.soloGrant() || state.grant().wasAlone())
                        ? new Wish(wanted.get(), volumes, false)
                        : ending(state, view, volumes));
    }

    private static boolean hasStandbyItsDisks(View view, List<VolumeView> volumes) {
        return view.placement()
                .standbyReplica()
                .filter(standby -> !volumes.stream().allMatch(it -> it.isInSync(standby.host())))
                .isEmpty();
    }

    /// First the grant ends; where this host went on alone, by a view that says so.
    private Wish ending(ViewState state, View view, List<VolumeView> volumes) {
        if (state.grant().wasAlone()) {
            return new Wish(new Solo(self), grants.aloneAfter(view).volumes(), false);
        }
        boolean isPaired = view.placement() instanceof Paired;
        return new Wish(view.placement(), isPaired ? view.volumes() : volumes, false);
    }

    /// Who begins must have looked at its disks; where an earlier life went on alone, the other host's are old.
    private boolean mayBegin(ViewState state, View view) {
        boolean hasAll = view.volumes().stream().allMatch(volume -> state.news().isGood(volume.volume()));
        return state.isReady() && (!state.grant().wasAlone() || hasAll);
    }

    /// A proposal without an answer may still land, so it stays outstanding until a view of its number is
    /// learnt, and the very same one is asked for again as soon as the part wants it (again).
    ViewState propose(ViewState state, List<ViewEffect> effects) {
        if (state.known().isEmpty() || state.grant().disk() == SoloGrant.OnDisk.ERASING) {
            return state;
        }
        View view = state.known().get().view();
        Optional<Wish> wish = wish(state, view);
        boolean isSo = wish.isEmpty() || isAsWanted(state, view, wish.get());
        return isSo ? state : propose(state, view, wish.get(), effects);
    }

    private ViewState propose(ViewState state, View view, Wish wish, List<ViewEffect> effects) {
        if (state.isOutstanding(wish.placement(), wish.volumes(), wish.soloGrant())) {
            if (!state.unanswered()) {
                return state;
            }
            effects.add(new Propose(state.outstanding().orElseThrow()));
            return state.askedAgain();
        }
        UUID proposal = new UUID(self.life().value().getMostSignificantBits(), state.proposals() + 1);
        View next = view.next(wish.placement(), wish.volumes(), proposal, wish.soloGrant());
        effects.add(new Propose(next));
        return state.proposed(next);
    }

    /// Whether the view is as this host wants it, and nothing is under way that could change that.
    private boolean isAsWanted(ViewState state, View view, Wish wish) {
        boolean isOpen = state.outstanding().isPresent() && (!wish.volumes().isEmpty() || view.soloGrant());
        return wantedPlacement(state).isEmpty()
                && view.placement().equals(wish.placement())
                && view.volumes().equals(wish.volumes())
                && view.soloGrant() == wish.soloGrant()
                && !isOpen;
    }
}
