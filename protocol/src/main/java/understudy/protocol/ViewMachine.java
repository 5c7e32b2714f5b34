package understudy.protocol;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
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
import understudy.protocol.ViewEffect.AcceptStream;
import understudy.protocol.ViewEffect.AdoptGuest;
import understudy.protocol.ViewEffect.ApplyInSync;
import understudy.protocol.ViewEffect.BootGuest;
import understudy.protocol.ViewEffect.CloseStream;
import understudy.protocol.ViewEffect.DropImage;
import understudy.protocol.ViewEffect.KillGuest;
import understudy.protocol.ViewEffect.MakeLastEpoch;
import understudy.protocol.ViewEffect.OpenGate;
import understudy.protocol.ViewEffect.OutwaitLease;
import understudy.protocol.ViewEffect.Propose;
import understudy.protocol.ViewEffect.RefuseStream;
import understudy.protocol.ViewEffect.RefuseSwitchover;
import understudy.protocol.ViewEffect.RemoveReplicas;
import understudy.protocol.ViewEffect.ResumeImage;
import understudy.protocol.ViewEffect.ShutDownGuest;
import understudy.protocol.ViewEffect.StartCopy;
import understudy.protocol.ViewInput.CopyCommitted;
import understudy.protocol.ViewInput.GuestFound;
import understudy.protocol.ViewInput.GuestGone;
import understudy.protocol.ViewInput.GuestRunning;
import understudy.protocol.ViewInput.ImageCompleted;
import understudy.protocol.ViewInput.ImageLost;
import understudy.protocol.ViewInput.LastEpochCommitted;
import understudy.protocol.ViewInput.LeaseOutwaited;
import understudy.protocol.ViewInput.PeerHeard;
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
import understudy.protocol.ViewInput.StreamBroken;
import understudy.protocol.ViewInput.StreamOffered;
import understudy.protocol.ViewInput.SwitchoverAsked;
import understudy.protocol.ViewInput.Tick;

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
/// longer.
/// - An agent that finds its QEMU alive ([Found]) lets nothing out until it has learnt a view of its own life.
///   If the standby was quicker, it ends that QEMU.
/// - A standby whose stream broke before it learnt that it is paired keeps the image: the ledger may already
/// count on it.
/// - An image is good for one life of its agent, so a standby that was restarted is as good as lost to its
///   active.
///
/// Volumes belong to views, too ([VolumeNews]): whoever is active asks for a view without a replica that
/// failed, and for one with a replica that caught up, whatever its part is. A VM of level `restart` or `component`
/// is never copied and never paired: [Running] is all it comes to, and it is protected when every replica is in sync.
/// Then another host may take it over ([Taking]), and boots it when no lease of the former active can run any more
/// ([Outwaiting]); what the two must obey is [Succession]'s. At level `restart` an active whose own replica fails
/// ends the guest and leaves the VM to the other host, by a stopped view in which that one has the disks.
///
/// - A new life serves nothing before a view of its own, in which its own replica counts alone: what an earlier
///   life acknowledged last may have reached one replica only.
/// - A proposal that counts on a replica which failed meanwhile is overtaken, even by a view that changes
/// nothing.
///
/// Invariants: a guest's frames leave ungated only under a learnt `Solo` view of this life, and, while another host
/// could take over, only by a lease; a guest is booted only when no other host's lease can run; an image is resumed
/// only under a learnt `Solo` view of this life; a claim is made only by the standby of the newest known view.
///
/// Rejected: telling the standby of every change directly, beside the ledger. It saves a round trip and brings
/// back the handshakes that can disagree.
public final class ViewMachine {

    /// The waits of this machine.
    ///
    /// @param claimAfter     how much longer than its active a standby waits before it claims
    /// @param startAfter     how long the second host of a VM leaves the start of a stopped one to the first
    /// @param bootClaimAfter how long a host without an image waits for one with an image to claim
    /// @param retryAfter     the first wait after a failed copy or boot; doubled at each failure, up to
    ///              `retryMax`
    /// @param agentGrace     how long an agent that died while its host lived may take to come back, at levels at
    ///              which a takeover would reboot the guest
    /// @param lease          how long leases run
    public record Timing(
            Duration claimAfter,
            Duration startAfter,
            Duration bootClaimAfter,
            Duration retryAfter,
            Duration retryMax,
            Duration agentGrace,
            LeaseTiming lease) {
        public static final Timing DEFAULT = new Timing(
                Duration.ofMillis(30),
                Duration.ofSeconds(3),
                Duration.ofSeconds(10),
                Duration.ofMillis(300),
                Duration.ofSeconds(2),
                Duration.ofSeconds(8),
                LeaseTiming.DEFAULT);

        public Timing with(LeaseTiming other) {
            return new Timing(claimAfter, startAfter, bootClaimAfter, retryAfter, retryMax, agentGrace, other);
        }
    }

    private final Replica self;
    private final Timing timing;

    /// @param self this host, in this life of its agent
    public ViewMachine(Replica self, Timing timing) {
        this.self = self;
        this.timing = timing;
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
                0);
    }

    public Step<ViewState, ViewEffect> step(ViewState state, ViewInput input) {
        List<ViewEffect> effects = new ArrayList<>();
        ViewState next = switch (input) {
            case RecordLearnt(VmRecord record) -> learn(state, record, effects);
            case RecordGone() -> forget(state, effects);
            case PeerHeard(HostName _, var life, Moment _) -> peerHeard(state, new PeerState.Up(life), effects);
            case PeerLost(Moment at, boolean closed) -> peerLost(state, new PeerState.Lost(at, closed), effects);
            case PeerRenewed(Moment at) -> state.with(state.succession().renewed(at));
            case LeaseOutwaited(long view) -> outwaited(state, view, effects);
            case Tick(Moment now) -> tick(state, now, effects);
            case GuestFound() -> state.with(new Found());
            case GuestRunning(Moment _) -> guestRunning(state, effects);
            case GuestGone(Moment at, Duration rest) -> guestGone(state, at, rest, effects);
            case CopyCommitted(Replica standby) -> copyCommitted(state, standby);
            case StreamBroken(Moment at) -> streamBroken(state, at, effects);
            case StreamOffered(Replica active, long number) -> streamOffered(state, active, number, effects);
            case ImageCompleted() -> imageCompleted(state);
            case ImageLost() -> imageLost(state, effects);
            case SwitchoverAsked() -> switchoverAsked(state, effects);
            case LastEpochCommitted() -> lastEpochCommitted(state);
            case ProposalUnanswered() -> state.withoutAnswer();
            case ReplicasFound(var good) -> state.with(state.news().found(good, self.host()));
            case ReplicaFailed(var volume, var host, String _) ->
                moveAway(ifServing(state, state.news().failed(volume, host, state.number())), host, effects);
            case ReplicaRecovered(var volume, var host) ->
                state.with(state.news().recovered(volume, host));
            case ReplicaCaughtUp(var volume, var host) ->
                ifServing(state, state.news().caughtUp(volume, host));
            case ReplicaReplaced(var volume, var host, UUID id) ->
                ifServing(state, state.news().replaced(volume, host, id));
        };
        return new Step<>(propose(unlessForbidden(next), effects), effects);
    }

    // ---- what the ledger says -------------------------------------------------------------------------------------

    private ViewState learn(ViewState state, VmRecord record, List<ViewEffect> effects) {
        boolean stale = state.known()
                .filter(known -> known.revision() > record.revision())
                .isPresent();
        if (stale) {
            return state;
        }
        ViewState learnt = state.learnt(record).with(state.succession().learnt(state.known(), record, self.host()));
        // What was known of replicas in one run of the guest is nothing to go by in the next.
        ViewState known = isServing(learnt) ? learnt : learnt.with(learnt.news().withoutChanges());
        if (!record.spec().disks().isEmpty() && isNews(state, record)) {
            effects.add(new ApplyInSync(record.view()));
        }
        Placement placement = record.view().placement();
        Optional<Replica> active = placement.activeReplica();
        ViewState next;
        if (active.isEmpty()) {
            next = leave(known, effects);
        } else if (active.get().equals(self)) {
            next = asActive(known, placement, effects);
        } else if (active.get().host().equals(self.host())) {
            next = asEarlierLife(known, effects);
        } else {
            next = asOther(known, placement, effects);
        }
        return wanted(next, effects);
    }

    private static boolean isNews(ViewState state, VmRecord record) {
        return state.number() != record.view().number() || !state.spec().equals(record.spec());
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
            case Starting() when solo -> begin(state, effects);
            case Taking() -> begin(state, effects);
            // A pair that was asked for before the guest died has landed: its standby has the better claim.
            case Starting() -> state.with(new Idle());
            case Holding _, Claiming _ -> {
                effects.add(new CloseStream());
                effects.add(new ResumeImage());
                yield state.with(new Resuming());
            }
            case Dropping(boolean _, long since)
            when solo && state.number() > since -> {
                effects.add(new OpenGate());
                yield state.with(new Running());
            }
            case Raising(Replica standby)
            when placement.equals(new Paired(self, standby)) -> state.with(new Protected(standby));
            // What was asked for while the guest lived has landed late: there is no pair to leave it to any more.
            case Yielding _ when solo -> state.with(new Idle());
            case Receiving _ -> dropped(state, effects);
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
            case Receiving _, Holding _, Claiming _ -> dropped(state, effects);
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
                keepsImage(state, placement, active, since) ? state : dropped(state, effects);
            case Claiming() -> placement.standbyReplica().equals(Optional.of(self)) ? state : dropped(state, effects);
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

    /// An image stays while the view counts on it, or while the view is the one that the image was made under:
    /// the active may just be asking for the pair.
    private boolean keepsImage(ViewState state, Placement placement, Replica active, long since) {
        return switch (placement) {
            case Paired(Replica a, Replica standby) -> a.equals(active) && standby.equals(self);
            case Solo(Replica a) -> a.equals(active) && state.number() <= since;
            case Stopped() -> false;
        };
    }

    private static ViewState dropped(ViewState state, List<ViewEffect> effects) {
        effects.add(new CloseStream());
        effects.add(new DropImage());
        return state.with(new Idle());
    }

    /// The view says that nobody runs the VM.
    private ViewState leave(ViewState state, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Idle _, Starting _ -> state;
            case Taking _, Outwaiting _ -> state.with(new Idle());
            case Receiving _, Holding _, Claiming _ -> dropped(state, effects);
            default -> {
                effects.add(new CloseStream());
                effects.add(new KillGuest("it was stopped"));
                yield state.with(new Idle());
            }
        };
    }

    private ViewState forget(ViewState state, List<ViewEffect> effects) {
        ViewState left = leave(state, effects);
        if (state.known().filter(vm -> !vm.spec().disks().isEmpty()).isPresent()) {
            effects.add(new RemoveReplicas());
        }
        return left.forgotten();
    }

    /// What the users want, where this host is the one to do it.
    private ViewState wanted(ViewState state, List<ViewEffect> effects) {
        if (state.isWanted()) {
            return state;
        }
        return switch (state.part()) {
            case Booting _, Running _, Copying _, Raising _, Protected _, Dropping _ -> {
                effects.add(new CloseStream());
                effects.add(new ShutDownGuest());
                yield state.with(new Halting(false));
            }
            case Found _ -> {
                effects.add(new KillGuest("it was stopped"));
                yield state.with(new Halting(true));
            }
            case Starting _ when state.placement().equals(Optional.of(new Stopped())) -> state.with(new Idle());
            case Yielding _, Starting _ -> halt(state, effects);
            case Idle _
            when state.known().filter(r -> r.view().isActive(self.host())).isPresent() -> halt(state, effects);
            case Idle _,
                    Taking _,
                    Outwaiting _,
                    Receiving _,
                    Holding _,
                    Claiming _,
                    Resuming _,
                    HandingOver _,
                    Halting _ -> state;
        };
    }

    // ---- what the peer does -----------------------------------------------------------------------------------------

    private ViewState peerHeard(ViewState state, PeerState.Up peer, List<ViewEffect> effects) {
        ViewState next = state.with(peer);
        return switch (next.part()) {
            case Copying(Replica standby) when !standby.life().equals(peer.life()) -> stopCopy(next, effects);
            case Raising(Replica standby) when !standby.life().equals(peer.life()) -> drop(next, false, effects);
            case Protected(Replica standby) when !standby.life().equals(peer.life()) -> drop(next, false, effects);
            case HandingOver(Replica standby, boolean _)
            when !standby.life().equals(peer.life()) -> drop(next, true, effects);
            case Yielding(Replica standby) when !standby.life().equals(peer.life()) -> next.with(new Starting());
            case Holding(Replica active, long _)
            when !active.life().equals(peer.life()) && mayClaim(next) -> claim(next, effects);
            default -> next;
        };
    }

    private ViewState peerLost(ViewState state, PeerState.Lost peer, List<ViewEffect> effects) {
        if (state.peer() instanceof PeerState.Lost) {
            return state;
        }
        ViewState next = state.with(peer);
        return switch (next.part()) {
            case Copying _ -> stopCopy(next, effects);
            case Raising _, Protected _ -> drop(next, false, effects);
            case HandingOver _ -> drop(next, true, effects);
            default -> next;
        };
    }

    private static ViewState stopCopy(ViewState state, List<ViewEffect> effects) {
        effects.add(new CloseStream());
        effects.add(new OpenGate());
        return state.with(new Running());
    }

    /// Wants to go on alone. The gate stays as it is: what is committed may leave, the rest waits for the view.
    private static ViewState drop(ViewState state, boolean paused, List<ViewEffect> effects) {
        effects.add(new CloseStream());
        return state.with(new Dropping(paused, state.number()));
    }

    private boolean mayClaim(ViewState state) {
        return state.isWanted()
                && state.placement()
                        .filter(p -> p.standbyReplica().equals(Optional.of(self)))
                        .isPresent();
    }

    private static ViewState claim(ViewState state, List<ViewEffect> effects) {
        effects.add(new CloseStream());
        return state.with(new Claiming());
    }

    // ---- succession -----------------------------------------------------------------------------------------------

    /// Boots the guest, or waits first until no former active can let anything out.
    private static ViewState begin(ViewState state, List<ViewEffect> effects) {
        if (!state.succession().mayBegin(state.spec())) {
            return outwait(state, effects);
        }
        effects.add(new BootGuest());
        return state.with(new Booting());
    }

    /// Has it recorded that nobody runs the VM, which must be so then.
    private static ViewState halt(ViewState state, List<ViewEffect> effects) {
        return state.succession().mayBegin(state.spec()) ? state.with(new Halting(true)) : outwait(state, effects);
    }

    private static ViewState outwait(ViewState state, List<ViewEffect> effects) {
        effects.add(new OutwaitLease(state.number()));
        return state.with(new Outwaiting(state.number()));
    }

    /// The wait may be one for an earlier view: then its part is gone, and so is what it was for.
    private ViewState outwaited(ViewState state, long view, List<ViewEffect> effects) {
        if (!state.part().equals(new Outwaiting(view))) {
            return state;
        }
        ViewState next = state.with(state.succession().outwaited());
        if (!next.isWanted()) {
            return next.with(new Halting(true));
        }
        return isServing(next) ? begin(next, effects) : next.with(new Starting());
    }

    /// What was asked for may still land, and is dealt with then.
    private ViewState unlessForbidden(ViewState state) {
        return state.part() instanceof Taking && !state.isTaker(self.host()) && !isServing(state)
                ? state.with(new Idle())
                : state;
    }

    /// At level `restart` a VM is not served through another host: it begins anew where its disks work.
    private ViewState moveAway(ViewState state, HostName failed, List<ViewEffect> effects) {
        boolean runs = state.part() instanceof Running || state.part() instanceof Booting;
        boolean elsewhere = failed.equals(self.host())
                && state.peer() instanceof PeerState.Up
                && state.known()
                        .filter(vm -> vm.spec().level() == Level.RESTART)
                        .filter(vm -> !vm.view().takers(vm.spec()).isEmpty())
                        .isPresent();
        if (!runs || !elsewhere || !isServing(state)) {
            return state;
        }
        effects.add(new KillGuest("its disk failed here, and works on the other host"));
        return state.with(new Halting(true));
    }

    // ---- what time does -------------------------------------------------------------------------------------------

    private ViewState tick(ViewState state, Moment now, List<ViewEffect> effects) {
        if (state.known().isEmpty()) {
            return state;
        }
        boolean due = now.compareTo(state.notBefore()) >= 0;
        return switch (state.part()) {
            case Holding _
            when mayClaim(state) && state.peer().isLostFor(timing.claimAfter(), now) -> claim(state, effects);
            // The active died while the VM was to stop: nobody else can say that it has.
            case Holding _
            when isAbandoned(state, now) -> dropped(state, effects).with(new Halting(true));
            case Idle _ when isAbandoned(state, now) -> state.with(new Halting(true));
            case Idle _ when !state.isWanted() -> wanted(state.rested(now), effects);
            case Idle _ when due && state.isTaker(self.host()) -> take(state, now);
            case Idle _ when due -> idle(state, now, effects);
            case Yielding _ when state.peer().isSilentFor(timing.bootClaimAfter(), now) -> state.with(new Starting());
            case Running _ when due -> copyToPeer(state, effects);
            default -> state;
        };
    }

    private boolean isAbandoned(ViewState state, Moment now) {
        return !state.isWanted()
                && state.known().filter(r -> r.view().isStandby(self.host())).isPresent()
                && state.peer().isLostFor(timing.bootClaimAfter(), now);
    }

    private ViewState take(ViewState state, Moment now) {
        return state.succession().isTime(state.peer(), timing, now) ? state.with(new Taking()) : state;
    }

    /// Somebody wants the VM to run, and nothing of it is here.
    private ViewState idle(ViewState state, Moment now, List<ViewEffect> effects) {
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
        boolean anImageMayClaim = placement instanceof Paired;
        if (active.get().host().equals(self.host())) {
            return !anImageMayClaim || now.since(state.notBefore()).compareTo(timing.bootClaimAfter()) >= 0
                    ? state.with(new Starting())
                    : state;
        }
        boolean standbyHere = placement
                .standbyReplica()
                .filter(r -> r.host().equals(self.host()))
                .isPresent();
        return standbyHere && state.peer().isSilentFor(timing.bootClaimAfter(), now)
                ? state.with(new Starting())
                : state;
    }

    private ViewState ownGuestDied(ViewState state, Placement placement, Moment now, List<ViewEffect> effects) {
        return switch (placement) {
            case Paired(Replica _, Replica standby) -> leaveToStandby(state, standby, now);
            // A proposal that is still under way could make this a pair under a guest whose gate is open: overtake it.
            case Solo _ when state.outstanding().isPresent() -> state.with(new Starting());
            case Solo _ -> begin(state, effects);
            case Stopped() -> state;
        };
    }

    /// The standby's image is all that is left of the guest, so it gets time to claim although it is silent.
    private ViewState leaveToStandby(ViewState state, Replica standby, Moment now) {
        if (state.peer() instanceof PeerState.Up(Life life)) {
            return state.with(standby.life().equals(life) ? new Yielding(standby) : new Starting());
        }
        return state.peer().isSilentFor(timing.bootClaimAfter(), now) ? state.with(new Starting()) : state;
    }

    private ViewState copyToPeer(ViewState state, List<ViewEffect> effects) {
        Optional<HostName> other = state.spec().otherThan(self.host());
        boolean hasImages = state.spec().level() == Level.SYSTEM;
        if (!hasImages || other.isEmpty() || !(state.peer() instanceof PeerState.Up(var life)) || !state.isWanted()) {
            return state;
        }
        Replica standby = new Replica(other.get(), life);
        effects.add(new StartCopy(standby, state.number()));
        return state.with(new Copying(standby));
    }

    // ---- the guest ------------------------------------------------------------------------------------------------

    private ViewState guestRunning(ViewState state, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Booting _, Resuming _ -> {
                effects.add(new OpenGate());
                yield wanted(state.with(new Running()).withoutFailures(), effects);
            }
            default -> state;
        };
    }

    private ViewState guestGone(ViewState state, Moment at, Duration rest, List<ViewEffect> effects) {
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
        int shift = Math.min(state.failures(), 16);
        Duration wait = timing.retryAfter().multipliedBy(1L << shift);
        return state.failedUntil(at.plus(wait.compareTo(timing.retryMax()) < 0 ? wait : timing.retryMax()));
    }

    // ---- the copy, seen from the active ---------------------------------------------------------------------------

    private static ViewState copyCommitted(ViewState state, Replica committed) {
        return state.part() instanceof Copying(Replica standby) && standby.equals(committed)
                ? state.with(new Raising(standby)).withoutFailures()
                : state;
    }

    private ViewState streamBroken(ViewState state, Moment at, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Copying _ -> failed(stopCopy(state, effects), at);
            case Raising _, Protected _ -> failed(drop(state, false, effects), at);
            case HandingOver _ -> failed(drop(state, true, effects), at);
            case Receiving _ -> dropped(state, effects);
            default -> state;
        };
    }

    private static ViewState switchoverAsked(ViewState state, List<ViewEffect> effects) {
        if (state.part() instanceof Protected(Replica standby)) {
            effects.add(new MakeLastEpoch());
            return state.with(new HandingOver(standby, false));
        }
        effects.add(new RefuseSwitchover());
        return state;
    }

    private static ViewState lastEpochCommitted(ViewState state) {
        return state.part() instanceof HandingOver(Replica standby, boolean _)
                ? state.with(new HandingOver(standby, true))
                : state;
    }

    // ---- the image, at the standby --------------------------------------------------------------------------------

    private ViewState streamOffered(ViewState state, Replica active, long number, List<ViewEffect> effects) {
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

    private static ViewState imageCompleted(ViewState state) {
        return state.part() instanceof Receiving(Replica active, long view)
                ? state.with(new Holding(active, Math.max(view, state.number())))
                : state;
    }

    /// The standby's QEMU died, or an epoch could not be applied: what the view counts on is not there any more.
    private static ViewState imageLost(ViewState state, List<ViewEffect> effects) {
        return switch (state.part()) {
            case Receiving _, Holding _, Claiming _ -> dropped(state, effects);
            default -> state;
        };
    }

    // ---- proposals ------------------------------------------------------------------------------------------------

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
    private ViewState ifServing(ViewState state, VolumeNews next) {
        return isServing(state)
                ? state.with(next.settled(state.known().orElseThrow().view(), state.outstanding()))
                : state;
    }

    private boolean isServing(ViewState state) {
        return state.placement()
                .flatMap(Placement::activeReplica)
                .filter(self::equals)
                .isPresent();
    }

    /// What the volumes are to be in the view that is asked for.
    private List<VolumeView> wantedVolumes(ViewState state, View view, Optional<Placement> wanted) {
        if (isServing(state)) {
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
    private ViewState propose(ViewState state, List<ViewEffect> effects) {
        Optional<Placement> wanted = wantedPlacement(state.part());
        if (state.known().isEmpty() || (wanted.isEmpty() && !isServing(state))) {
            return state;
        }
        View view = state.known().get().view();
        if (wanted.isPresent() && !isServing(state) && !state.isReady()) {
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
