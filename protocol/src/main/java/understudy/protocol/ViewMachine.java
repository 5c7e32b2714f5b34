package understudy.protocol;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
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
import understudy.protocol.ViewEffect.AdoptGuest;
import understudy.protocol.ViewEffect.ApplyInSync;
import understudy.protocol.ViewEffect.CloseStream;
import understudy.protocol.ViewEffect.KillGuest;
import understudy.protocol.ViewEffect.OpenGate;
import understudy.protocol.ViewEffect.RefuseStream;
import understudy.protocol.ViewEffect.RemoveReplicas;
import understudy.protocol.ViewEffect.ResumeImage;
import understudy.protocol.ViewInput.AloneErased;
import understudy.protocol.ViewInput.AloneFound;
import understudy.protocol.ViewInput.AloneRecorded;
import understudy.protocol.ViewInput.CopyCommitted;
import understudy.protocol.ViewInput.DiskWentBack;
import understudy.protocol.ViewInput.GuestFound;
import understudy.protocol.ViewInput.GuestGone;
import understudy.protocol.ViewInput.GuestRunning;
import understudy.protocol.ViewInput.ImageCompleted;
import understudy.protocol.ViewInput.ImageLost;
import understudy.protocol.ViewInput.LastEpochCommitted;
import understudy.protocol.ViewInput.LeaseOutwaited;
import understudy.protocol.ViewInput.PeerHeard;
import understudy.protocol.ViewInput.PeerHeardElsewhere;
import understudy.protocol.ViewInput.PeerLost;
import understudy.protocol.ViewInput.PeerRenewed;
import understudy.protocol.ViewInput.ProposalUnanswered;
import understudy.protocol.ViewInput.RecordGone;
import understudy.protocol.ViewInput.RecordLearnt;
import understudy.protocol.ViewInput.ReplicaCaughtUp;
import understudy.protocol.ViewInput.ReplicaFailed;
import understudy.protocol.ViewInput.ReplicaRecovered;
import understudy.protocol.ViewInput.ReplicaReplaced;
import understudy.protocol.ViewInput.ReplicasFound;
import understudy.protocol.ViewInput.StandbyTooSlow;
import understudy.protocol.ViewInput.StreamBroken;
import understudy.protocol.ViewInput.StreamOffered;
import understudy.protocol.ViewInput.Tick;
import understudy.protocol.ViewInput.VotesCounted;

/// Decides what one host does for one VM: run it, copy it, hold its image, take it over, or nothing; and which
/// replicas of its volumes are in sync.
///
/// The intuition: every [Part] *wants* a placement, or has none to ask for. A host asks the ledger for the
/// placement that its part wants, on top of the newest view that it knows, and it acts only when it has
/// *learnt* the view that allows it. So a lost answer, a proposal that lands late and one that another overtook
/// are one case: whatever view is learnt next, the part looks at it and either acts, asks again on top of it,
/// or gives up.
///
/// Tighten before asking, loosen only after having learnt: the gate is shut by epochs before `Paired` is proposed
/// ([Raising]) and stays so until `Solo` is learnt ([Dropping]); a standby closes the stream before it claims
/// ([Claiming]), so that nothing is committed to an image that may be resumed.
///
/// The awkward cases:
/// - A claim and a drop race after a partition: both ask for the same number, one is accepted, the other side
/// learns that view and kills its guest or drops its image. The active asks first: a standby waits `claimAfter`
/// longer, and longer still while other agents hear the active.
/// - An agent that finds its QEMU alive ([Found]) lets nothing out until it has learnt a view of its own life.
///   If the standby was quicker, it ends that QEMU.
/// - A standby whose stream broke before it learnt that it is paired keeps the image: the ledger may already
/// count on it.
/// - An image is good for one life of its agent, so a standby that was restarted is as good as lost to its
///   active.
///
/// Volumes belong to views, too ([VolumeNews]): whoever is active asks for a view without a replica that
/// failed, and for one with a replica that caught up, whatever its part is. A VM of level `restart` or `component`
/// is not copied: [Running] is all it comes to, and it is protected when every replica is in sync.
/// Then another host may take it over ([Taking]), and boots it when no lease of the former active can run any more
/// ([Outwaiting]); what the two must obey is [Succession]'s. At level `restart` an active whose own replica fails
/// ends the guest and leaves the VM to the other host, by a stopped view in which that one has the disks.
///
/// A VM of level `system` with disks is one of these while it has no standby. Its memory is copied only to a host
/// that has all volumes in sync, and a pair is dropped when one fails there: whoever goes on from an image does
/// so with its own disks, and these alone. A host that holds an image and takes over without knowing of a pair
/// asks as one that claims ([Claiming]), and drops the image only when it has learnt that there was none: one may
/// have been recorded unseen, and output of it have left.
///
/// - What a guest of a pair has written lately lies in the memory of its agent. So a later life of that agent does not
///   take the guest up, but has the standby go on.
/// - A new life serves nothing before a view of its own, in which its own replica counts alone: what an earlier
///   life acknowledged last may have reached one replica only.
/// - A proposal that counts on a replica which failed meanwhile is overtaken, even by a view that changes
/// nothing.
///
/// The other host may become another one while this one runs the VM alone ([Pairing]). Nothing is known of that
/// one yet; and the one that it replaces drops what it has, and does nothing more.
///
/// The level may change at any time. Nothing is safe or unsafe by it: a copy is begun, and a pair is dropped, as if a
/// standby had come or gone. A VM that is to be moved is one of level `system` until it has been, whatever its level.
///
/// What is decided here is what a host makes of a view that it learns, and of its peer; [ActiveRules],
/// [StandbyRules] and [StartRules] are about a guest that runs here, an image that lies here, and neither;
/// [StopRules] about an end; [GrantRules] about going on alone where nobody is left to decide. [ProposalRules]
/// makes of it what the ledger is asked for.
///
/// Invariants: a guest's frames leave ungated only under a learnt `Solo` view of this life (or this host's own word
/// that it goes on alone, under a solo grant), and, while another host
/// could take over, only by a lease; a guest is booted only when no other host's lease can run; an image is resumed
/// only under a learnt `Solo` view of this life, and never where the view before it was known to have no standby.
///
/// Rejected: telling the standby of every change directly, beside the ledger. It saves a round trip and brings
/// back the handshakes that can disagree.
public final class ViewMachine {

    /// The waits of this machine.
    ///
    /// @param claimAfter     how much longer than its active a standby waits before it claims
    /// @param hearsay        for how long a third agent's word that it hears the active stops a standby's claim;
    ///              see [StandbyRules#isTimeToClaim]
    /// @param startAfter     how long the second host of a VM leaves the start of a stopped one to the first
    /// @param bootClaimAfter how long a host without an image waits for one with an image to claim
    /// @param retryAfter     the first wait after a failed copy or boot; doubled at each failure, up to
    ///              `retryMax`
    /// @param agentGrace     how long an agent that died while its host lived may take to come back, at levels at
    ///              which a takeover would reboot the guest
    /// @param grantAfter     how long votes are scarce before a solo grant is asked for
    /// @param grantEndAfter  how long they are not before it is ended
    /// @param lease          how long leases run
    public record Timing(
            Duration claimAfter,
            Duration hearsay,
            Duration startAfter,
            Duration bootClaimAfter,
            Duration retryAfter,
            Duration retryMax,
            Duration agentGrace,
            Duration grantAfter,
            Duration grantEndAfter,
            LeaseTiming lease) {
        public static final Timing DEFAULT = new Timing(
                Duration.ofMillis(30),
                Duration.ofMillis(300),
                Duration.ofSeconds(3),
                Duration.ofSeconds(10),
                Duration.ofMillis(300),
                Duration.ofSeconds(2),
                Duration.ofSeconds(8),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                LeaseTiming.DEFAULT);

        /// The usual waits, where a silence counts as a loss after `loseAfter`. Who takes longer to be sure takes
        /// longer to ask, too, and the active is to have asked first.
        public static Timing of(Duration loseAfter, LeaseTiming lease) {
            Duration ahead = loseAfter.dividedBy(6);
            return new Timing(
                    ahead.compareTo(DEFAULT.claimAfter) > 0 ? ahead : DEFAULT.claimAfter,
                    loseAfter,
                    DEFAULT.startAfter,
                    DEFAULT.bootClaimAfter,
                    DEFAULT.retryAfter,
                    DEFAULT.retryMax,
                    DEFAULT.agentGrace,
                    DEFAULT.grantAfter,
                    DEFAULT.grantEndAfter,
                    lease);
        }
    }

    private static final String STOPPED = "it was stopped";

    private final Replica self;
    private final Timing timing;
    private final ActiveRules active;
    private final StandbyRules standby;
    private final StartRules start;
    private final GrantRules grants;
    private final StopRules stop;
    private final ProposalRules proposals;

    /// @param self this host, in this life of its agent
    public ViewMachine(Replica self, Timing timing) {
        this.self = self;
        this.timing = timing;
        this.active = new ActiveRules(self, timing);
        this.standby = new StandbyRules(self, timing);
        this.grants = new GrantRules(self, timing);
        this.start = new StartRules(self, timing, grants);
        this.stop = new StopRules(self);
        this.proposals = new ProposalRules(self, grants, start);
    }

    /// The state in which a new life of the agent begins, before anything is known.
    public ViewState initial(Moment now) {
        return new ViewState(
                Optional.empty(),
                new PeerState.Unknown(now),
                new Idle(),
                Optional.empty(),
                false,
                0,
                now,
                VolumeNews.none(),
                Succession.none(),
                SoloGrant.none(),
                Attempts.NONE);
    }

    public Step<ViewState, ViewEffect> step(ViewState state, ViewInput input) {
        List<ViewEffect> effects = new ArrayList<>();
        if (!concerns(state, input)) {
            if (input instanceof StreamOffered) {
                effects.add(new RefuseStream("it is not a host of the VM any more"));
            }
            return new Step<>(state, effects);
        }
        ViewState next = switch (input) {
            case RecordLearnt(VmRecord record) -> learn(state, record, effects);
            case RecordGone() -> forget(state, effects);
            case PeerHeard(HostName _, var life, Moment at) -> peerHeard(state, new PeerState.Up(life), at, effects);
            case PeerLost(Moment at, boolean closed) -> peerLost(state, new PeerState.Lost(at, closed), effects);
            case PeerHeardElsewhere(Moment at) -> state.with(state.peer().heardElsewhere(at));
            case PeerRenewed(Moment at) -> state.with(state.succession().renewed(at));
            case LeaseOutwaited(long view) -> start.outwaited(state, view, effects);
            case Tick(Moment now) ->
                tick(grants.turned(state.with(state.succession().turned(now)), now), now, effects);
            case GuestFound() -> state.with(new Found());
            case GuestRunning(Moment _) -> guestRunning(state, effects);
            case GuestGone(Moment at, Duration rest) -> active.guestGone(state, at, rest, effects);
            case CopyCommitted(Replica standby) -> ActiveRules.copyCommitted(state, standby);
            case StreamBroken(Moment at) -> active.streamBroken(state, at, effects);
            case StandbyTooSlow(Moment at) -> active.streamBroken(state.slowed(at), at, effects);
            case StreamOffered(Replica active, long number) -> standby.streamOffered(state, active, number, effects);
            case ImageCompleted() -> StandbyRules.imageCompleted(state);
            case ImageLost() -> StandbyRules.imageLost(state, effects);
            case LastEpochCommitted() -> ActiveRules.lastEpochCommitted(state);
            case VotesCounted(boolean enough, Moment at) ->
                state.with(state.grant().counted(enough, at));
            case AloneRecorded(long number) -> goAlone(state, grants.recorded(state, number, effects), effects);
            case AloneErased() -> GrantRules.erased(state);
            case AloneFound(var record, boolean isOfThisStart) ->
                goAlone(state, grants.found(state, record, isOfThisStart), effects);
            case ProposalUnanswered() -> state.withoutAnswer();
            case ReplicasFound(var good) -> state.with(state.news().found(good, self.host()));
            case ReplicaFailed(var volume, var host, String _) ->
                active.moveAway(
                        proposals.ifServing(state, state.news().failed(volume, host, state.number())), host, effects);
            case DiskWentBack _ -> ActiveRules.diskWentBack(state, effects);
            case ReplicaRecovered(var volume, var host) ->
                state.with(state.news().recovered(volume, host));
            case ReplicaCaughtUp(var volume, var host) ->
                proposals.ifServing(state, state.news().caughtUp(volume, host));
            case ReplicaReplaced(var volume, var host, UUID id) ->
                proposals.ifServing(state, state.news().replaced(volume, host, id));
        };
        ViewState able = ActiveRules.handOverIfMoved(ActiveRules.unlessImageIsVain(next, effects), effects);
        ViewState used = grants.use(standby.unlessForbidden(start.unlessOvertaken(able)), effects);
        return new Step<>(proposals.propose(used, effects), effects);
    }

    /// A host that another one has replaced does nothing but hear whether it is one of the VM's again. Of the one that
    /// has left, nothing is news.
    private boolean concerns(ViewState state, ViewInput input) {
        boolean isOut = state.known().isPresent() && !state.spec().hosts().contains(self.host());
        return switch (input) {
            case RecordLearnt _, RecordGone _, AloneErased _ -> true;
            case ReplicaFailed(var _, var host, var _) -> !isOut && isOfVm(state, host);
            case ReplicaRecovered(var _, var host) -> !isOut && isOfVm(state, host);
            case ReplicaCaughtUp(var _, var host) -> !isOut && isOfVm(state, host);
            case ReplicaReplaced(var _, var host, var _) -> !isOut && isOfVm(state, host);
            default -> !isOut;
        };
    }

    private static boolean isOfVm(ViewState state, HostName host) {
        return state.known().isEmpty() || state.spec().hosts().contains(host);
    }

    // ---- what the ledger says -------------------------------------------------------------------------------------

    private ViewState learn(ViewState state, VmRecord record, List<ViewEffect> effects) {
        boolean stale = state.known()
                .filter(known -> known.revision() > record.revision())
                .isPresent();
        if (stale) {
            return state;
        }
        if (!record.spec().hosts().contains(self.host())) {
            return replaced(state.learnt(record), effects);
        }
        ViewState learnt = withOther(state, record)
                .learnt(record)
                .with(state.succession().learnt(state.known(), record, self.host()));
        ViewState bound = grants.learnt(state, learnt, effects);
        // What was known of replicas in one run of the guest is nothing to go by in the next.
        ViewState known = bound.isServing(self)
                ? bound
                : StartRules.lookAgain(state, bound).with(bound.news().withoutChanges());
        Optional<VmRecord> before = state.known();
        if (!record.spec().disks().isEmpty() && isNews(state, record)) {
            effects.add(new ApplyInSync(grants.applied(known)));
        }
        Placement placement = known.placement().orElseThrow();
        Optional<Replica> active = placement.activeReplica();
        ViewState next;
        if (active.isEmpty()) {
            next = leave(known, STOPPED, effects);
        } else if (active.get().equals(self)) {
            next = asActive(standby.withoutOldImage(before, known, effects), placement, effects);
        } else if (active.get().host().equals(self.host())) {
            next = asEarlierLife(known, effects);
        } else {
            next = asOther(known, placement, effects);
        }
        return stop.unlessWanted(next, effects);
    }

    /// Nothing is known of a host that has come in the place of another.
    private ViewState withOther(ViewState state, VmRecord record) {
        Optional<HostName> was = state.known().map(VmRecord::spec).flatMap(it -> it.otherThan(self.host()));
        return was.isEmpty() || was.equals(record.spec().otherThan(self.host()))
                ? state
                : state.with(new PeerState.Unknown(state.notBefore()))
                        .with(state.news().of(record.spec().hosts()));
    }

    /// Another host has taken this one's place: what it has of the VM is nothing to go by any more.
    private ViewState replaced(ViewState state, List<ViewEffect> effects) {
        ViewState left = leave(state, "another host has taken the place of this one", effects);
        return GrantRules.forgotten(left.with(left.grant().notAlone()), effects);
    }

    private static boolean isNews(ViewState state, VmRecord record) {
        return state.number() != record.view().number() || !state.spec().equals(record.spec());
    }

    /// Does what a view allows that only this host knows of, if it is one.
    private ViewState goAlone(ViewState before, ViewState state, List<ViewEffect> effects) {
        if (before.isAlone() || !state.isAlone()) {
            return state;
        }
        View alone = state.acting().orElseThrow();
        if (!alone.volumes().isEmpty()) {
            effects.add(new ApplyInSync(alone));
        }
        return asActive(state, alone.placement(), effects);
    }

    /// The view says that this life of this host runs the VM.
    private ViewState asActive(ViewState state, Placement placement, List<ViewEffect> effects) {
        boolean solo = placement instanceof Solo;
        return switch (state.part()) {
            case Found() -> {
                effects.add(new AdoptGuest());
                // It was booted when no lease ran any more.
                yield state.with(new Booting()).with(state.succession().outwaited());
            }
            // The very view that is to be overtaken may be heard again: a pair that was asked for may still land on it.
            case Starting() when solo && state.outstanding().isPresent() && !state.isAlone() -> state;
            case Starting() when solo -> StartRules.begin(state, effects);
            case Taking() -> StartRules.begin(state, effects);
            // A pair that was asked for before the guest died has landed: its standby has the better claim.
            case Starting() -> state.with(new Idle());
            case Holding _, Claiming _ -> {
                effects.add(new CloseStream());
                effects.add(new ResumeImage());
                yield state.with(new Resuming());
            }
            case Dropping(boolean _, long since)
            when solo && (state.isAlone() || state.number() > since) -> {
                effects.add(new OpenGate());
                yield state.with(new Running());
            }
            case Raising(Replica standby)
            when placement.equals(new Paired(self, standby)) -> state.with(new Protected(standby));
            // What was asked for while the guest lived has landed late: there is no pair to leave it to any more.
            case Yielding _ when solo -> state.with(new Idle());
            case Receiving _ -> StandbyRules.dropped(state, effects);
            case Dropping _,
                    Raising _,
                    Idle _,
                    Outwaiting _,
                    Booting _,
                    Running _,
                    Copying _,
                    Protected _,
                    HandingOver _,
                    Yielding _,
                    Halting _,
                    Resuming _ -> state;
        };
    }

    /// The view names this host as active, in a life that is over.
    private ViewState asEarlierLife(ViewState state, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Receiving _, Holding _, Claiming _ -> StandbyRules.dropped(state, effects);
            case Idle _,
                    Taking _,
                    Outwaiting _,
                    Found _,
                    Starting _,
                    Booting _,
                    Running _,
                    Copying _,
                    Raising _,
                    Protected _,
                    Dropping _,
                    HandingOver _,
                    Yielding _,
                    Halting _,
                    Resuming _ -> state;
        };
    }

    /// The view says that the other host runs the VM.
    private ViewState asOther(ViewState state, Placement placement, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Idle _, Receiving _, Taking _ -> state;
            case Outwaiting _ -> state.with(new Idle());
            case Holding(Replica active, long since) ->
                standby.keepsImage(state, placement, active, since)
                        ? standby.claimIfActiveIsOver(state, effects)
                        : StandbyRules.dropped(state, effects);
            case Claiming() -> standby.claiming(state, placement, effects);
            case Found _,
                    Starting _,
                    Booting _,
                    Running _,
                    Copying _,
                    Raising _,
                    Protected _,
                    Dropping _,
                    HandingOver _,
                    Yielding _,
                    Halting _,
                    Resuming _ -> {
                effects.add(new CloseStream());
                effects.add(new KillGuest("view " + state.number() + " gives it to the other host"));
                yield state.with(new Idle());
            }
        };
    }

    /// The view says that nobody runs the VM.
    private ViewState leave(ViewState state, String why, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Idle _ -> state;
            case Starting _ -> isStarter(state) ? state : state.with(new Idle());
            case Taking _, Outwaiting _ -> state.with(new Idle());
            case Receiving _, Holding _, Claiming _ -> StandbyRules.dropped(state, effects);
            default -> {
                effects.add(new CloseStream());
                effects.add(new KillGuest(why));
                yield state.with(new Idle());
            }
        };
    }

    private boolean isStarter(ViewState state) {
        View view = state.known().orElseThrow().view();
        return view.starters(state.spec().hosts()).contains(self.host());
    }

    private ViewState forget(ViewState state, List<ViewEffect> effects) {
        ViewState left = leave(state, STOPPED, effects);
        if (state.known().filter(vm -> !vm.spec().disks().isEmpty()).isPresent()) {
            effects.add(new RemoveReplicas());
        }
        return GrantRules.forgotten(left.forgotten(), effects);
    }

    // ---- what the peer does -----------------------------------------------------------------------------------------

    private ViewState peerHeard(ViewState state, PeerState.Up peer, Moment at, List<ViewEffect> effects) {
        ViewState next = state.with(peer);
        return switch (next.part()) {
            case Copying(Replica standby)
            when !standby.life().equals(peer.life()) -> ActiveRules.stopCopy(next, effects);
            case Raising(Replica standby)
            when !standby.life().equals(peer.life()) -> ActiveRules.drop(next, false, effects);
            case Protected(Replica standby)
            when !standby.life().equals(peer.life()) -> ActiveRules.drop(next, false, effects);
            case HandingOver(Replica standby, boolean _)
            when !standby.life().equals(peer.life()) -> active.takeBack(next, at, effects);
            case Yielding(Replica standby) when !standby.life().equals(peer.life()) -> next.with(new Starting());
            case Holding _ -> standby.claimIfActiveIsOver(next, effects);
            default -> next;
        };
    }

    private ViewState peerLost(ViewState state, PeerState.Lost peer, List<ViewEffect> effects) {
        if (state.peer() instanceof PeerState.Lost) {
            return state;
        }
        ViewState next = state.with(peer);
        return switch (next.part()) {
            case Copying _ -> ActiveRules.stopCopy(next, effects);
            case Raising _, Protected _ -> ActiveRules.drop(next, false, effects);
            case HandingOver _ -> active.takeBack(next, peer.since(), effects);
            default -> next;
        };
    }

    // ---- what time and the guest do -------------------------------------------------------------------------------

    private ViewState tick(ViewState state, Moment now, List<ViewEffect> effects) {
        if (state.known().isEmpty()) {
            return state;
        }
        boolean due = now.compareTo(state.notBefore()) >= 0;
        return switch (state.part()) {
            case Holding _
            when standby.isTimeToClaim(state, now) || standby.isTimeToTake(state, now) ->
                StandbyRules.claim(state, effects);
            case Receiving _
            when standby.isTimeToTake(state, now) ->
                StandbyRules.dropped(state, effects).with(new Taking());
            case Found _ -> start.foundInVain(state, now, effects);
            // The active died while the VM was to stop: nobody else can say that it has.
            case Holding _
            when standby.isAbandoned(state, now) ->
                StandbyRules.dropped(state, effects).with(new Halting(true));
            case Idle _ when standby.isAbandoned(state, now) -> state.with(new Halting(true));
            case Idle _ when !state.isWanted() -> stop.unlessWanted(state.rested(now), effects);
            case Idle _ when due && state.isTaker(self.host()) -> start.take(state, now);
            case Idle _ when due -> start.idle(state, now, effects);
            case Yielding _ when state.peer().isSilentFor(timing.bootClaimAfter(), now) -> state.with(new Starting());
            case Running _ when due && !state.isAlone() && state.mayCopy(now) -> active.copyToPeer(state, effects);
            default -> state;
        };
    }

    private ViewState guestRunning(ViewState state, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Booting _, Resuming _ -> {
                effects.add(new OpenGate());
                yield stop.unlessWanted(state.with(new Running()).withoutFailures(), effects);
            }
            default -> state;
        };
    }
}
