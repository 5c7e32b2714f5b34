package understudy.model;

import java.util.Optional;

/// Who runs a VM, and who could. At level 3 the standby of a [Paired] placement holds a whole committed image.
public sealed interface Placement {

    /// Nobody runs it.
    record Stopped() implements Placement {
        @Override
        public String toString() {
            return "stopped";
        }
    }

    /// One host runs it, and no other could go on from where it is, but perhaps boot it from its disks.
    record Solo(Replica active) implements Placement {
        @Override
        public String toString() {
            return "solo on " + active.host();
        }
    }

    /// One host runs it, and another can take over from its image; the other has all volumes in sync.
    record Paired(Replica active, Replica standby) implements Placement {
        public Paired {
            if (active.host().equals(standby.host())) {
                throw new IllegalArgumentException(active.host() + " paired with itself");
            }
        }

        @Override
        public String toString() {
            return active.host() + " with standby " + standby.host();
        }
    }

    /// The replica that runs the VM, if one does.
    default Optional<Replica> activeReplica() {
        return switch (this) {
            case Stopped _ -> Optional.empty();
            case Solo(Replica active) -> Optional.of(active);
            case Paired(Replica active, Replica _) -> Optional.of(active);
        };
    }

    /// The replica that could take over, if one could.
    default Optional<Replica> standbyReplica() {
        return this instanceof Paired(Replica _, Replica standby) ? Optional.of(standby) : Optional.empty();
    }
}
