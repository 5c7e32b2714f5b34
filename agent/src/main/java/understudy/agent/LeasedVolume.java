package understudy.agent;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// A disk as a guest sees it whose host needs a lease: while there is none, nothing that it asks begins, and what
/// a read found at once is not handed over. Writes need no more: without the other host's confirmation none
/// is answered, and a host that takes over confirms nothing any more. Nor do reads that the other host answers
/// later: nothing that a guest makes of them leaves without a lease.
///
/// @param mayGoOn asked with each request; when it is over for good, it says yes, and the connection ends
record LeasedVolume(Volume volume, BooleanSupplier mayGoOn) implements Volume {
    private static final long LOOK_NANOS = 2_000_000;

    @Override
    public long sizeBytes() {
        return volume.sizeBytes();
    }

    @Override
    public Lane open(LaneClient client) {
        return new Waiting(volume.open(client));
    }

    private void await() {
        while (!mayGoOn.getAsBoolean()) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private final class Waiting implements Lane {
        private final Lane lane;

        Waiting(Lane lane) {
            this.lane = lane;
        }

        @Override
        public boolean read(int request, long offset, MemorySegment target) {
            await();
            boolean isDone = lane.read(request, offset, target);
            await();
            return isDone;
        }

        @Override
        public void write(int request, long offset, MemorySegment payload, boolean durable) {
            lane.write(request, offset, payload, durable);
        }

        @Override
        public void zero(int request, long offset, long length, boolean mayPunch, boolean durable) {
            lane.zero(request, offset, length, mayPunch, durable);
        }

        @Override
        public void trim(int request, long offset, long length, boolean durable) {
            lane.trim(request, offset, length, durable);
        }

        @Override
        public void flush(int request) {
            lane.flush(request);
        }

        @Override
        public void end() {
            await();
            lane.end();
        }

        @Override
        public List<Allocation> allocation(long offset, long length, int extentsMax) {
            return lane.allocation(offset, length, extentsMax);
        }

        @Override
        public void close() {
            lane.close();
        }
    }
}
