package understudy.volume.mirror;

import java.lang.foreign.MemorySegment;
import understudy.volume.LaneClient;

/// One flush that no client asked for. To ask for it waits for no disk.
final class Sync implements LaneClient {
    private final MirrorLane lane;
    private final Runnable done;

    Sync(MirroredVolume volume, Runnable done) {
        this.lane = new MirrorLane(volume, this);
        this.done = done;
    }

    void begin() {
        lane.flush(0);
        lane.end();
    }

    @Override
    public void done(int request) {
        lane.close();
        done.run();
    }

    /// It is closed.
    @Override
    public void failed(int request, Failure failure) {
        lane.close();
    }

    @Override
    public void readDone(int request, MemorySegment data) {
        throw new IllegalStateException("nothing was read");
    }

    @Override
    public void flushReplies() {}

    @Override
    public void threadLost() {}
}
