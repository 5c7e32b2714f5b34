package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ConcurrentHashMap;
import understudy.volume.LaneClient;

/// Hands a volume's answers to the client, lays over those of reads what was kept when they were submitted, and keeps
/// account of changes that are answered.
final class LateOverlays implements LaneClient {
    private final LaneClient client;
    private final DiskEpochs epochs;
    private final int disk;
    private final DirectChanges.OfLane direct;
    private final ConcurrentHashMap<Integer, Overlay> byRequest = new ConcurrentHashMap<>();

    LateOverlays(LaneClient client, DiskEpochs epochs, int disk, DirectChanges.OfLane direct) {
        this.client = client;
        this.epochs = epochs;
        this.disk = disk;
        this.direct = direct;
    }

    /// The volume is about to be asked for a range of which this is kept.
    void expect(int request, Overlay overlay) {
        byRequest.put(request, overlay);
    }

    /// The volume has answered: what to lay over that.
    Overlay take(int request) {
        Overlay overlay = byRequest.remove(request);
        if (overlay == null) {
            throw new IllegalStateException("request %d was answered twice".formatted(request));
        }
        return epochs.rules().readsAsAsked() ? overlay : epochs.overlay(disk, overlay.offset(), overlay.length());
    }

    @Override
    public void done(int request) {
        direct.ends(request);
        client.done(request);
    }

    @Override
    public void readDone(int request, MemorySegment data) {
        if (byRequest.isEmpty() || !byRequest.containsKey(request)) {
            client.readDone(request, data);
            return;
        }
        // The answer is the volume's: nothing may be written there.
        MemorySegment copy = MemorySegment.ofArray(data.toArray(ValueLayout.JAVA_BYTE));
        take(request).layOver(copy);
        client.readDone(request, copy);
    }

    @Override
    public void failed(int request, Failure failure) {
        byRequest.remove(request);
        direct.ends(request);
        client.failed(request, failure);
    }

    @Override
    public void flushReplies() {
        client.flushReplies();
    }

    @Override
    public void threadLost() {
        client.threadLost();
    }
}
