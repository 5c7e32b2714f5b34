package understudy.network;

import java.util.concurrent.atomic.LongAdder;

/// What has passed a port since it was made. Any thread may read them; they are exact once the port stands still.
public final class Counters {
    final LongAdder framesOut = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder framesIn = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder framesHeld = new LongAdder();
    final LongAdder framesDropped = new LongAdder();

    Counters() {}

    /// Frames that left by the uplink.
    public long framesOut() {
        return framesOut.sum();
    }

    /// Bytes of the frames that left by the uplink.
    public long bytesOut() {
        return bytesOut.sum();
    }

    /// Frames from the uplink that were handed to the guest.
    public long framesIn() {
        return framesIn.sum();
    }

    /// Bytes of the frames from the uplink that were handed to the guest, each with the 4 bytes of its length.
    public long bytesIn() {
        return bytesIn.sum();
    }

    /// Frames that had to wait behind the gate, whatever became of them.
    public long framesHeld() {
        return framesHeld.sum();
    }

    /// Frames of either direction that were dropped: because the port was shut, because the guest was gone,
    /// because the uplink refused them, or because they were too short for Ethernet.
    public long framesDropped() {
        return framesDropped.sum();
    }
}
