package understudy.protocol;

import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Replica;
import understudy.model.VmRecord;

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
    record PeerLost(Moment at) implements ViewInput {}

    /// Time has passed; to be given at least every 20 ms.
    record Tick(Moment now) implements ViewInput {}

    /// The agent started, and found a QEMU of this VM alive. The first input, if it comes.
    record GuestFound() implements ViewInput {}

    /// The guest runs: after a boot, an adoption, or the resumption of an image.
    record GuestRunning(Moment at) implements ViewInput {}

    /// QEMU ended, or could not be started, or the image could not be resumed.
    record GuestGone(Moment at) implements ViewInput {}

    /// The standby confirmed a first whole epoch; from here on output leaves by epochs.
    record CopyCommitted(Replica standby) implements ViewInput {}

    /// The stream to or from the other host is broken.
    record StreamBroken(Moment at) implements ViewInput {}

    /// A host asks to send an image of the guest that it runs under view `number`.
    record StreamOffered(Replica active, long number) implements ViewInput {}

    /// The image here is whole: the first whole epoch was confirmed.
    record ImageCompleted() implements ViewInput {}

    /// The image here cannot be used any more.
    record ImageLost() implements ViewInput {}

    /// Somebody asks that the standby go on in this host's place.
    record SwitchoverAsked() implements ViewInput {}

    /// The standby confirmed the last epoch of a guest that stands still since.
    record LastEpochCommitted() implements ViewInput {}

    /// No answer to a proposal: it may have been accepted, may still be, or never. It is asked again.
    record ProposalUnanswered() implements ViewInput {}
}
