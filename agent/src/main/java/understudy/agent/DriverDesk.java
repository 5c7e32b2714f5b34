package understudy.agent;

import understudy.api.Event.Severity;
import understudy.model.Moment;
import understudy.model.Replica;
import understudy.model.VmSpec;
import understudy.protocol.Part;

/// What the sides of a VM's driver have in common: the driver's thread, its machine, and its voice.
interface DriverDesk extends MachineDesk {

    VmSpec spec();

    AgentServices services();

    /// The number of the newest view that is known here; from any thread.
    long knownView();

    /// What this host is doing for the VM; on the driver's thread only.
    Part part();

    /// Tells people; from any thread.
    void event(String kind, Severity severity, String text);

    /// The guest could not be copied to its standby; it is tried again. From the driver's thread.
    void copyFailed(String reason);

    /// The guest is better off without its standby. From the driver's thread.
    void standbyTooSlow(Replica standby, String reason);

    default Moment now() {
        return new Moment(System.nanoTime());
    }

    /// An exception's message, which not all have.
    static String reason(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }
}
