package understudy.protocol;

import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;

/// What the [ViewMachine] wants done. Each is safe to repeat.
public sealed interface ViewEffect {

    /// Ask the ledger for this view; tell [ViewInput.ProposalAnswered] or [ViewInput.ProposalUnanswered].
    /// Only the last one's answer may be given up for missing; earlier ones are overtaken by it.
    record Propose(View view) implements ViewEffect {}

    /// Let the volumes obey this view: who is active, and whose replicas count. It comes before whatever the same
    /// view allows.
    record ApplyInSync(View view) implements ViewEffect {}

    /// Remove this host's replicas of a VM that is no more.
    record RemoveReplicas() implements ViewEffect {}

    /// Write down, so that it is found after any crash, that this host goes on alone from the view of this record;
    /// then tell [ViewInput.AloneRecorded] with the view's number. If it cannot be written, it is tried again.
    record RecordAlone(VmRecord known) implements ViewEffect {}

    /// Erase that for sure, then tell [ViewInput.AloneErased].
    record EraseAlone() implements ViewEffect {}

    /// Start QEMU from the VM's boot files.
    record BootGuest() implements ViewEffect {}

    /// Wait until a lease that the former active holds has run out, counting from now ([LeaseTiming#outwait]), then
    /// tell [ViewInput.LeaseOutwaited] with the same view.
    record OutwaitLease(long view) implements ViewEffect {}

    /// Take up the QEMU that was found alive.
    record AdoptGuest() implements ViewEffect {}

    /// End QEMU at once; nothing leaves any more.
    record KillGuest(String reason) implements ViewEffect {}

    /// Ask the guest to shut down, and end QEMU if it does not in time.
    record ShutDownGuest() implements ViewEffect {}

    /// Let all output leave, also what was held; let the guest run if it stands still.
    record OpenGate() implements ViewEffect {}

    /// Copy the guest to the standby, then go on with epochs; from the first whole epoch on, output leaves by
    /// epochs.
    record StartCopy(Replica standby, long view) implements ViewEffect {}

    /// Pause the guest for good, and send what it did as the last epoch.
    record MakeLastEpoch() implements ViewEffect {}

    /// End the stream to or from the other host. What the image has stays; nothing more is applied to it.
    record CloseStream() implements ViewEffect {}

    /// Take the stream that was offered, into a new image.
    record AcceptStream() implements ViewEffect {}

    record RefuseStream(String reason) implements ViewEffect {}

    /// End the waiting QEMU, and remove the image.
    record DropImage() implements ViewEffect {}

    /// Let the waiting QEMU go on from the image; announce the guest's addresses.
    record ResumeImage() implements ViewEffect {}
}
