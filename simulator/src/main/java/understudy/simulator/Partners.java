package understudy.simulator;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import understudy.model.HostName;
import understudy.model.VmRecord;

/// Which hosts are pairs of VMs that exist. What the others say or do not say is of no interest to a host, and a
/// large cluster has many others.
final class Partners {
    private final SimulatedLedger ledger;
    private final Map<HostName, SortedSet<HostName>> partners = new TreeMap<>();
    private long asOf = -1;

    Partners(SimulatedLedger ledger) {
        this.ledger = ledger;
    }

    SortedSet<HostName> of(HostName host) {
        if (asOf != ledger.specsChanged()) {
            asOf = ledger.specsChanged();
            partners.clear();
            ledger.vms().forEach(this::add);
        }
        return Collections.unmodifiableSortedSet(partners.getOrDefault(host, Collections.emptySortedSet()));
    }

    private void add(VmRecord vm) {
        for (HostName host : vm.spec().hosts()) {
            vm.spec()
                    .otherThan(host)
                    .ifPresent(other ->
                            partners.computeIfAbsent(host, _ -> new TreeSet<>()).add(other));
        }
    }
}
