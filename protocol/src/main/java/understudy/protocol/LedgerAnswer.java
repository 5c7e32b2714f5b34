package understudy.protocol;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.VmId;
import understudy.model.VmRecord;

/// What the cluster decided about a [LedgerCommand]. An answer is final: it is in the log of a majority.
public sealed interface LedgerAnswer {

    /// It is so, by this command or already before it.
    ///
    /// @param vm the VM's record from then on; empty for a deleted VM and for a host
    record Accepted(Optional<VmRecord> vm) implements LedgerAnswer {}

    /// To a renewal.
    ///
    /// @param active the VMs that this life of the host runs, by the views as of this place in the log
    record Leased(SortedSet<VmId> active) implements LedgerAnswer {
        public Leased {
            active = Collections.unmodifiableSortedSet(new TreeSet<>(active));
        }
    }

    /// Another proposal was first. Nothing changed.
    ///
    /// @param current what the ledger holds instead
    record Conflict(VmRecord current) implements LedgerAnswer {
        /// Whether the VM is wanted, and `by` runs it: to who told that a wish ended, that there is a newer one.
        public boolean isWantedOf(Replica by) {
            return current.wanted()
                    && current.view().placement().activeReplica().equals(Optional.of(by));
        }
    }

    /// It can never be accepted as the ledger is now. Nothing changed.
    record Refused(Problem problem) implements LedgerAnswer {}
}
