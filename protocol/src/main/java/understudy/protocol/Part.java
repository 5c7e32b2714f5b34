package understudy.protocol;

import understudy.model.Replica;

/// What one host is doing for one VM. The comment says what the world may get of it.
public sealed interface Part {

    /// Nothing of the VM is here.
    record Idle() implements Part {}

    /// A QEMU of an earlier life of the agent is alive. Nothing leaves it.
    record Found() implements Part {}

    /// Wants to run the VM from its beginning. Nothing is here yet.
    record Starting() implements Part {}

    /// The active is lost, the VM is one that is booted then, and running it here is proposed. Nothing is here.
    record Taking() implements Part {}

    /// This host is to run it, or to say that nobody does, and waits until no lease of a former active can run any
    /// more. Nothing is here.
    ///
    /// @param since the view that was known when the wait began
    record Outwaiting(long since) implements Part {}

    /// Runs it alone; QEMU is being started, or taken up again. Nothing leaves it yet.
    record Booting() implements Part {}

    /// Runs it alone. Everything leaves at once.
    record Running() implements Part {}

    /// Runs it alone, and makes a first copy. Everything leaves at once, until the first whole epoch; then by
    /// epochs.
    record Copying(Replica standby) implements Part {}

    /// The standby has a whole epoch; the pair is proposed. Output leaves by epochs.
    record Raising(Replica standby) implements Part {}

    /// Runs it with a standby. Output leaves by epochs.
    record Protected(Replica standby) implements Part {}

    /// The standby or the way to it is lost; going on alone is proposed. What is not committed waits.
    ///
    /// @param paused the guest stands still, for a switchover that failed
    /// @param since  the view that was known then: only a later one can allow to go on alone, because a proposal
    ///               for the pair may still be under way for the number after it
    record Dropping(boolean paused, long since) implements Part {}

    /// The guest stands still for a switchover.
    ///
    /// @param committed the standby has the last epoch; its run is proposed
    record HandingOver(Replica standby, boolean committed) implements Part {}

    /// The guest here is dead, and the standby is proposed to go on. Nothing leaves.
    record Yielding(Replica standby) implements Part {}

    /// The VM is to stop.
    ///
    /// @param gone the guest has ended; the stopped view is proposed
    record Halting(boolean gone) implements Part {}

    /// An image of the active's guest is being made here; it is not whole.
    ///
    /// @param view under which the active makes it; the ledger may not have told this host of it yet
    record Receiving(Replica active, long view) implements Part {}

    /// A whole image is here.
    ///
    /// @param since the newest view that was known when the image became whole, be it from its stream only
    record Holding(Replica active, long since) implements Part {}

    /// A whole image is here, its stream is closed, and taking over is proposed: by the standby, or by a host
    /// that knows of no pair and is to boot the guest if there was none.
    record Claiming() implements Part {}

    /// Runs it alone; the image is being resumed. Nothing leaves yet.
    record Resuming() implements Part {}
}
