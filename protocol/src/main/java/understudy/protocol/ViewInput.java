package understudy.protocol;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Replica;
import understudy.model.VmRecord;
import understudy.model.VolumeId;

/// What can happen to the [ViewMachine].
public sealed interface ViewInput {

    /// The ledger has this record of the VM: from its change feed, or as the answer to a proposal, be it
    /// accepted or not. One of an older revision is ignored.
    record RecordLearnt(VmRecord record) implements ViewInput {}

    /// The ledger has no such VM any more.
    record RecordGone() implements ViewInput {}

    /// The VM's other host is there, in this life of its agent.
    record PeerHeard(HostName host, Life life, Moment at) implements ViewInput {}

    /// The VM's other host has been silent for too long ([PeerWatch]).
    ///
    /// @param closed whether its kernel closed the connection: only its agent may be gone
    record PeerLost(Moment at, boolean closed) implements ViewInput {
        /// It fell silent, and nothing else is known.
        public PeerLost(Moment at) {
            this(at, false);
        }
    }

    /// Another agent has heard the VM's other host, which is lost here: perhaps only the way to it is broken.
    ///
    /// @param at when, as well as that is known here
    record PeerHeardElsewhere(Moment at) implements ViewInput {}

    /// The ledger shows that the VM's other host has renewed its lease: it lives, and reaches a majority, heard here
    /// or not.
    record PeerRenewed(Moment at) implements ViewInput {}

    /// No lease of a former active runs any more: that time has passed since [ViewEffect.OutwaitLease].
    record LeaseOutwaited(long view) implements ViewInput {}

    /// Time has passed; to be given at least every 20 ms.
    record Tick(Moment now) implements ViewInput {}

    /// The agent started, and found a QEMU of this VM alive. The first input, if it comes.
    record GuestFound() implements ViewInput {}

    /// The guest runs: after a boot, an adoption, or the resumption of an image.
    record GuestRunning(Moment at) implements ViewInput {}

    /// QEMU ended, or could not be started, or the image could not be resumed.
    ///
    /// @param rest how long it is not to be started again here, at least ([RestartPolicy])
    record GuestGone(Moment at, Duration rest) implements ViewInput {
        public GuestGone(Moment at) {
            this(at, Duration.ZERO);
        }
    }

    /// The standby confirmed a first whole epoch; from here on output leaves by epochs.
    record CopyCommitted(Replica standby) implements ViewInput {}

    /// The stream to or from the other host is broken.
    record StreamBroken(Moment at) implements ViewInput {}

    /// The stream to the other host was ended because that is too slow: the guest is better off without.
    record StandbyTooSlow(Moment at) implements ViewInput {}

    /// A host asks to send an image of the guest that it runs under view `number`.
    record StreamOffered(Replica active, long number) implements ViewInput {}

    /// The image here is whole: the first whole epoch was confirmed.
    record ImageCompleted() implements ViewInput {}

    /// The image here cannot be used any more.
    record ImageLost() implements ViewInput {}

    /// The standby confirmed the last epoch of a guest that stands still since.
    record LastEpochCommitted() implements ViewInput {}

    /// This host's replicas were opened, or could not be. Before that, a VM with disks is neither started nor
    /// taken up here. Comes again when one that was not there works.
    ///
    /// @param good those that are the view's and work
    record ReplicasFound(List<VolumeId> good) implements ViewInput {}

    /// A replica failed, or the way to it. From here on nothing is acknowledged until a view without it is
    /// learnt. Only the active tells this and what follows, of both hosts.
    record ReplicaFailed(VolumeId volume, HostName host, String reason) implements ViewInput {}

    /// A replica that was told to have failed is there again, and missed nothing: no view went on without it.
    record ReplicaRecovered(VolumeId volume, HostName host) implements ViewInput {}

    /// A replica that was out of sync is whole. From here on nothing is acknowledged that it does not have.
    record ReplicaCaughtUp(VolumeId volume, HostName host) implements ViewInput {}

    /// A disk that only the other host's replica held is back without all that it had acknowledged: that host was
    /// restarted. A guest that was told of it cannot go on.
    record DiskWentBack(VolumeId volume) implements ViewInput {}

    /// A replica that is out of sync is not there, and its host has put an empty one in its place.
    ///
    /// @param id of the empty one; its host chose it
    record ReplicaReplaced(VolumeId volume, HostName host, UUID id) implements ViewInput {}

    /// Voters come and go; to be told whenever it changes, and at the beginning.
    ///
    /// @param enough whether those that are there would still be a majority without the VM's other host
    record VotesCounted(boolean enough, Moment at) implements ViewInput {}

    /// That this host goes on alone is on its disk ([ViewEffect.RecordAlone]).
    ///
    /// @param number of the view from which it does
    record AloneRecorded(long number) implements ViewInput {}

    /// Nothing of that is on this host's disk any more ([ViewEffect.EraseAlone]).
    record AloneErased() implements ViewInput {}

    /// The agent started, and found on its disk that this host went on alone. The first input but for
    /// [GuestFound], if it comes.
    ///
    /// @param known         what an earlier life knew when it went on alone; empty if it cannot be read
    /// @param isOfThisStart whether the host has not been started anew since, so that it may go on by it
    record AloneFound(Optional<VmRecord> known, boolean isOfThisStart) implements ViewInput {}

    /// No answer to a proposal: it may have been accepted, may still be, or never. It is asked again.
    record ProposalUnanswered() implements ViewInput {}
}
