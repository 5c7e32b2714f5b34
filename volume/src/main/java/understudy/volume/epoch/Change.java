package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import understudy.volume.Lane;

/// A recorded request that is not a read.
sealed interface Change {
    int request();

    /// Whether it is answered only when it, and all before it, will survive a loss of power.
    boolean endsInFlush();

    /// Records it in another lane.
    void pass(Lane lane);

    /// A write, with its own copy of the payload as soon as that is asked for.
    final class Write implements Change {
        private static final byte[] NONE = {};
        private final int request;
        private final long offset;
        private final MemorySegment payload;
        private final boolean durable;
        private byte[] copy = NONE;

        Write(int request, long offset, MemorySegment payload, boolean durable) {
            this.request = request;
            this.offset = offset;
            this.payload = payload;
            this.durable = durable;
        }

        @Override
        public int request() {
            return request;
        }

        @Override
        public boolean endsInFlush() {
            return durable;
        }

        @Override
        public void pass(Lane lane) {
            lane.write(request, offset, payload, durable);
        }

        long offset() {
            return offset;
        }

        byte[] data() {
            if (copy.length == 0) {
                copy = payload.toArray(ValueLayout.JAVA_BYTE);
            }
            return copy;
        }
    }

    record Zero(int request, long offset, long length, boolean mayPunch, boolean durable) implements Change {
        @Override
        public boolean endsInFlush() {
            return durable;
        }

        @Override
        public void pass(Lane lane) {
            lane.zero(request, offset, length, mayPunch, durable);
        }
    }

    record Trim(int request, long offset, long length, boolean durable) implements Change {
        @Override
        public boolean endsInFlush() {
            return durable;
        }

        @Override
        public void pass(Lane lane) {
            lane.trim(request, offset, length, durable);
        }
    }

    record Flush(int request) implements Change {
        @Override
        public boolean endsInFlush() {
            return true;
        }

        @Override
        public void pass(Lane lane) {
            lane.flush(request);
        }
    }
}
