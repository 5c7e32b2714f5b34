package understudy.agent;

import understudy.protocol.ViewInput;

/// The thread of one VM's driver, and its view machine.
interface MachineDesk {

    /// Has work done by the driver's thread, after what waits already; from any thread, at once.
    void post(Runnable work);

    /// Gives an input to the machine and does what it decides; on the driver's thread only.
    void step(ViewInput input);

    /// Whether a view was asked for, and what came of it is not known; on the driver's thread only.
    boolean hasOpenProposal();
}
