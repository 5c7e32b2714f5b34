package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.LaneClient.Failure;

/// One client's way into a disk of [DiskEpochs].
///
/// A thread can be lost in any call to the volume's lane. So before each of them all is as if it had come back.
final class EpochLane implements Lane {
    private final DiskEpochs epochs;
    private final int disk;
    private final LaneClient client;
    private final DirectChanges.OfLane direct;
    private final LateOverlays overlays;
    private final List<Change> changes = new ArrayList<>();

    /// The way into the volume, once there is one.
    private @Nullable Lane lower;

    EpochLane(DiskEpochs epochs, int disk, LaneClient client) {
        this.epochs = epochs;
        this.disk = disk;
        this.client = client;
        direct = epochs.direct().ofLane();
        overlays = new LateOverlays(client, epochs, disk, direct);
    }

    private Lane lower() {
        Lane known = lower;
        if (known == null) {
            known = epochs.volume(disk).open(overlays);
            lower = known;
        }
        return known;
    }

    /// Not behind changes that do not.
    private boolean goesStraight(int request) {
        return changes.isEmpty() && mayGoStraight(request);
    }

    /// Whether a change goes straight to the volume: then it counts as under way there.
    private boolean mayGoStraight(int request) {
        if (epochs.phase() != DiskEpochs.Phase.DIRECT) {
            return false;
        }
        direct.begins(request);
        // It may have changed before this one counted.
        boolean isDirect = epochs.phase() == DiskEpochs.Phase.DIRECT;
        if (!isDirect) {
            direct.ends(request);
        }
        return isDirect;
    }

    @Override
    public boolean read(int request, long offset, MemorySegment target) {
        return switch (epochs.phase()) {
            case DIRECT -> lower().read(request, offset, target);
            case KEEPING, DRAINING -> readKept(request, offset, target);
            case UNSERVED -> fail(request, Failure.IO);
            case CLOSED -> fail(request, Failure.SHUTTING_DOWN);
        };
    }

    private boolean readKept(int request, long offset, MemorySegment target) {
        Overlay overlay = epochs.overlay(disk, offset, target.byteSize());
        if (overlay.isWhole()) {
            overlay.layOver(target);
            return true;
        }
        if (overlay.isEmpty() && epochs.rules().readsAsAsked()) {
            return lower().read(request, offset, target);
        }
        overlays.expect(request, overlay);
        boolean isThere = lower().read(request, offset, target);
        if (isThere) {
            overlays.take(request).layOver(target);
        }
        return isThere;
    }

    private boolean fail(int request, Failure failure) {
        client.failed(request, failure);
        return false;
    }

    @Override
    public void write(int request, long offset, MemorySegment payload, boolean durable) {
        if (goesStraight(request)) {
            lower().write(request, offset, payload, durable);
        } else {
            changes.add(new Change.Write(request, offset, payload, durable));
        }
    }

    @Override
    public void zero(int request, long offset, long length, boolean mayPunch, boolean durable) {
        if (goesStraight(request)) {
            lower().zero(request, offset, length, mayPunch, durable);
        } else {
            changes.add(new Change.Zero(request, offset, length, mayPunch, durable));
        }
    }

    @Override
    public void trim(int request, long offset, long length, boolean durable) {
        if (goesStraight(request)) {
            lower().trim(request, offset, length, durable);
        } else {
            changes.add(new Change.Trim(request, offset, length, durable));
        }
    }

    @Override
    public void flush(int request) {
        if (goesStraight(request)) {
            lower().flush(request);
        } else {
            changes.add(new Change.Flush(request));
        }
    }

    @Override
    public void end() {
        while (!changes.isEmpty()) {
            switch (epochs.phase()) {
                case KEEPING -> keep();
                case DRAINING -> epochs.awaitDrained();
                case DIRECT -> passFirst();
                case UNSERVED -> client.failed(changes.removeFirst().request(), Failure.IO);
                case CLOSED -> client.failed(changes.removeFirst().request(), Failure.SHUTTING_DOWN);
            }
        }
        Lane known = lower;
        if (known != null) {
            known.end();
        }
    }

    /// While it waited, all was drained; but the guest may be copied again by now.
    private void passFirst() {
        if (mayGoStraight(changes.getFirst().request())) {
            changes.removeFirst().pass(lower());
        }
    }

    /// Copies what is written, and answers all as soon as it is kept.
    private void keep() {
        for (Change change : changes) {
            if (change instanceof Change.Write write) {
                byte[] _ = write.data();
            }
        }
        if (epochs.keep(disk, changes)) {
            changes.forEach(change -> client.done(change.request()));
            changes.clear();
        }
    }

    @Override
    public List<Allocation> allocation(long offset, long length, int extentsMax) {
        return switch (epochs.phase()) {
            case DIRECT -> lower().allocation(offset, length, extentsMax);
            case KEEPING, DRAINING -> allocationKept(offset, length, extentsMax);
            case UNSERVED, CLOSED -> List.of(new Allocation(length, false, false));
        };
    }

    /// What is kept counts as data; the volume is asked for what lies before it.
    private List<Allocation> allocationKept(long offset, long length, int extentsMax) {
        List<Extent> parts = epochs.overlay(disk, offset, length).parts();
        long free = parts.isEmpty() ? length : Math.max(0, parts.getFirst().offset() - offset);
        if (free == 0) {
            long end = Math.min(offset + length, parts.getFirst().end());
            return List.of(new Allocation(end - offset, false, false));
        }
        List<Allocation> pieces = new ArrayList<>();
        for (Allocation piece : lower().allocation(offset, free, extentsMax)) {
            if (free > 0) {
                pieces.add(new Allocation(Math.min(free, piece.length()), piece.hole(), piece.zero()));
                free -= piece.length();
            }
        }
        return pieces;
    }

    @Override
    public void close() {
        Lane known = lower;
        try {
            if (known != null) {
                known.close();
            }
        } finally {
            direct.endAll();
        }
    }
}
