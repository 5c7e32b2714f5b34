package understudy.volume.mirror;

import java.util.Arrays;
import understudy.volume.LaneClient;

/// Mutations of one client that were issued together, until all replicas that they need have them.
final class Batch extends Pending {
    /// Of payload.
    final long bytes;

    /// Whether its thread stays with it, and will carry it out anew if it must: else its data may be gone. Under the
    /// lock of its link ([PeerLink#unattend]).
    boolean isAttended = true;

    private final MirroredVolume volume;
    private final MirrorLane lane;
    private final int[] requests;
    private final int answered;
    private final int lasting;

    /// Whether it ends in the midst of a request.
    final boolean isPiece;

    private final long[] ranges;

    /// The operations `from` to `to` of `work`.
    ///
    Batch(MirroredVolume volume, Work work, int from, int to, boolean local, boolean peer) {
        super(volume.threads().now(), local, peer);
        this.volume = volume;
        this.lane = work.lane;
        // Those to be answered at once from the front, those to be flushed first from the back.
        requests = new int[to - from];
        ranges = peer ? new long[2 * (to - from)] : new long[0];
        int plain = 0;
        int behind = requests.length;
        boolean whole = true;
        long sum = 0;
        for (int i = from; i < to; i++) {
            if (work.isPiece(i)) {
                whole = false;
            } else if (work.isDurable(i)) {
                requests[--behind] = work.request(i);
            } else {
                requests[plain++] = work.request(i);
            }
            sum += work.isWrite(i) ? work.length(i) : 0;
            if (peer) {
                ranges[2 * (i - from)] = work.offset(i);
                ranges[2 * (i - from) + 1] = work.length(i);
            }
        }
        isPiece = !whole;
        answered = plain;
        lasting = behind;
        bytes = sum;
        mark(1);
    }

    /// Reads that overlap it wait (design, section 3.1, rule 14).
    private void mark(int change) {
        for (int i = 0; i < ranges.length; i += 2) {
            volume.unanswered().add(ranges[i], ranges[i + 1], change);
        }
    }

    @Override
    void settle(Replies replies) {
        end();
        for (int i = 0; i < answered; i++) {
            replies.done(lane, requests[i]);
        }
        for (int i = lasting; i < requests.length; i++) {
            volume.flushes().add(lane, requests[i]);
        }
    }

    /// Nothing that has the data is left.
    @Override
    void fail(Replies replies) {
        end();
        for (int i = 0; i < requests.length; i++) {
            if (i < answered || i >= lasting) {
                replies.failed(lane, requests[i], LaneClient.Failure.IO);
            }
        }
    }

    /// After a cancellation, or when it is answered: reads need not wait for it.
    void end() {
        mark(-1);
        volume.announce();
    }

    @Override
    public String toString() {
        return "batch of " + Arrays.toString(requests);
    }
}
