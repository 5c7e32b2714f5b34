package understudy.protocol;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.PlacementRule;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;

/// Something that an agent asks the cluster to decide. All voters apply the same commands in the same order.
///
/// Every command may be given twice (its first answer can be lost), and the second time does no harm.
public sealed interface LedgerCommand {

    /// A new VM. Refused where its name is taken.
    ///
    /// @param wanted whether its users want it to run from the start
    /// @param first  number 1
    record CreateVm(VmSpec spec, boolean wanted, View first) implements LedgerCommand {}

    /// Compare-and-set of a VM's view.
    ///
    /// @param expected the number of the view that the proposer knows
    /// @param next     has the number `expected + 1`
    record ChangeView(VmId vm, long expected, View next) implements LedgerCommand {}

    /// An operator has the VM go on from what one host has ([ForcedStart]), and wants it to run.
    ///
    /// @param expected the number of the view that the operator was shown
    /// @param replicas what that host has, one for each of the VM's disks, in their order
    /// @param proposal names the view that follows
    record ForceStart(VmId vm, long expected, HostName host, List<UUID> replicas, UUID proposal)
            implements LedgerCommand {
        public ForceStart {
            replicas = List.copyOf(replicas);
        }
    }

    /// Who runs a VM alone has another host take the place of the VM's other one ([Pairing]).
    ///
    /// @param expected the number of the view that the proposer knows
    /// @param by       runs the VM, in this life
    /// @param replicas names what the host that comes is to make, one for each of the VM's disks, in their order
    /// @param proposal names the view that follows
    record ChangePair(VmId vm, long expected, Replica by, HostName to, List<UUID> replicas, UUID proposal)
            implements LedgerCommand {
        public ChangePair {
            replicas = List.copyOf(replicas);
        }
    }

    /// Its users say whether they want the VM to run.
    record SetWanted(VmId vm, boolean wanted) implements LedgerCommand {}

    /// Whether it runs or not: what one level needs and another does not is brought about by its active host. Refused
    /// for a VM without disks.
    record SetLevel(VmId vm, Level level) implements LedgerCommand {}

    /// Its users want a VM that runs to go on, running, on another of its hosts. Forgotten when that host runs
    /// it, or when it is to stop. Refused for a VM that is never copied, or not moved to be looked at ([Moves]).
    ///
    /// @param to empty if it is to stay where it is
    record MoveVm(VmId vm, Optional<HostName> to) implements LedgerCommand {}

    /// The guest switched itself off: nobody wants it to run until its users say so again. Of no effect if they have
    /// said something since.
    ///
    /// @param wish the [VmRecord#wish] that it ends
    record SwitchedOff(VmId vm, long wish) implements LedgerCommand {}

    /// The cluster gives a VM up: nobody wants it to run until its users say so again. Of no effect unless `by` runs
    /// it and it is wanted, by the same wish: who was deposed meanwhile has nothing to say of the guest.
    ///
    /// @param by     whose guest it is
    /// @param wish   the [VmRecord#wish] that it ends; empty for whichever, from an earlier version
    /// @param reason for people, at most 300 characters
    record GiveUp(VmId vm, Replica by, Optional<Long> wish, String reason) implements LedgerCommand {
        private static final int REASON_MAX = 300;

        public GiveUp {
            if (reason.isBlank() || reason.length() > REASON_MAX) {
                throw new IllegalArgumentException("a reason of " + reason.length() + " characters");
            }
        }
    }

    /// A disk of a VM that nobody runs becomes larger. Its record's specification changes.
    record GrowVolume(VmId vm, VolumeId volume, ByteSize size) implements LedgerCommand {
        public GrowVolume {
            VolumeSpec.checkSize(size);
        }
    }

    /// Forgets a VM that is stopped and not wanted.
    record DeleteVm(VmId vm) implements LedgerCommand {}

    /// A host says that it lives, and asks what it runs still ([LeaseMachine]). A log entry like the others, so that
    /// its answer holds as of one place in the log, whoever leads.
    record RenewLease(HostName host, Life life) implements LedgerCommand {}

    /// Whether a host is in maintenance: VMs that run there, or come to, are to be moved away as long as it is.
    record Maintain(HostName host, boolean on) implements LedgerCommand {}

    /// What is wanted of the hosts of two VMs, or is not any more; a rule for the same two is replaced.
    record SetRule(PlacementRule rule, boolean on) implements LedgerCommand {}

    /// What a host says of itself; replaces what it said before.
    record RegisterHost(HostRecord host) implements LedgerCommand {}

    /// A host or a witness is gone for good. Refused while a VM has it. Its agent, if it starts again, says that it is
    /// there.
    record RemoveHost(HostName host) implements LedgerCommand {}
}
