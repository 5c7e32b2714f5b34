package understudy.volume.mirror;

import java.util.Optional;
import understudy.volume.LaneClient;

/// Answers of one run. Each lane hears once that the run is over, and is not closed in the midst of it.
final class Replies {
    private final Optional<MirrorLane> own;
    private Optional<MirrorLane> last = Optional.empty();

    private Replies(Optional<MirrorLane> own) {
        this.own = own;
    }

    /// By a thread that is no client's.
    static Replies ofAnyThread() {
        return new Replies(Optional.empty());
    }

    /// By the thread that is in a call of this lane: its client knows when the call is over.
    static Replies within(MirrorLane lane) {
        return new Replies(Optional.of(lane));
    }

    void done(MirrorLane lane, int request) {
        if (turnTo(lane)) {
            lane.client().done(request);
        }
    }

    void failed(MirrorLane lane, int request, LaneClient.Failure failure) {
        if (turnTo(lane)) {
            lane.client().failed(request, failure);
        }
    }

    private boolean turnTo(MirrorLane lane) {
        if (last.isEmpty() || last.get() != lane) {
            end();
            if (!lane.beginReplies()) {
                return false;
            }
            last = Optional.of(lane);
        }
        return true;
    }

    /// The run is over.
    void end() {
        if (last.isPresent()) {
            MirrorLane lane = last.get();
            last = Optional.empty();
            lane.endReplies(own.isEmpty() || own.get() != lane);
        }
    }
}
