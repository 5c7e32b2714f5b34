package understudy.model;

import java.util.UUID;

/// The ledger's numbered record of who runs a VM. Views only go up: the next one has the next number, and is
/// accepted only where the ledger still has the number before it.
///
/// @param number   1 for the first
/// @param proposal names this proposal, so that its author recognises it as the one that was accepted
public record View(long number, Placement placement, UUID proposal) {
    public View {
        if (number < 1) {
            throw new IllegalArgumentException("view " + number);
        }
    }

    public View next(Placement placement, UUID proposal) {
        return new View(number + 1, placement, proposal);
    }

    public boolean isActive(HostName host) {
        return placement.activeReplica().map(Replica::host).filter(host::equals).isPresent();
    }

    public boolean isStandby(HostName host) {
        return placement
                .standbyReplica()
                .map(Replica::host)
                .filter(host::equals)
                .isPresent();
    }

    @Override
    public String toString() {
        return "view " + number + " (" + placement + ")";
    }
}
