package understudy.volume.nbd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// A plain file, read and written within the calls: what the server itself costs shows beside it.
final class FileVolume implements Volume {
    private final FileChannel file;
    private final long size;

    FileVolume(Path path) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        size = file.size();
    }

    @Override
    public long sizeBytes() {
        return size;
    }

    @Override
    public Lane open(LaneClient client) {
        return new FileLane(client);
    }

    private final class FileLane implements Lane {
        private final LaneClient client;
        private final int[] requests = new int[RequestTable.SLOTS];
        private final MemorySegment[] payloads = new MemorySegment[RequestTable.SLOTS];
        private final long[] offsets = new long[RequestTable.SLOTS];
        private final List<Runnable> rest = new ArrayList<>();
        private int count;
        private boolean sync;

        FileLane(LaneClient client) {
            this.client = client;
        }

        @Override
        public boolean read(int request, long offset, MemorySegment target) {
            try {
                ByteBuffer into = target.asByteBuffer();
                long at = offset;
                while (into.hasRemaining()) {
                    int n = file.read(into, at);
                    if (n < 0) {
                        client.failed(request, LaneClient.Failure.IO);
                        return false;
                    }
                    at += n;
                }
                return true;
            } catch (IOException e) {
                client.failed(request, LaneClient.Failure.IO);
                return false;
            }
        }

        @Override
        public void write(int request, long offset, MemorySegment payload, boolean durable) {
            requests[count] = request;
            offsets[count] = offset;
            payloads[count] = payload;
            count++;
            sync |= durable;
        }

        @Override
        public void zero(int request, long offset, long length, boolean mayPunch, boolean durable) {
            sync |= durable;
            rest.add(() -> {
                ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
                for (long at = offset; at < offset + length; at += zeros.capacity()) {
                    zeros.clear().limit((int) Math.min(zeros.capacity(), offset + length - at));
                    write(zeros, at);
                }
                client.done(request);
            });
        }

        @Override
        public void trim(int request, long offset, long length, boolean durable) {
            client.done(request);
        }

        @Override
        public void flush(int request) {
            sync = true;
            rest.add(() -> client.done(request));
        }

        @Override
        public void end() {
            for (int i = 0; i < count; i++) {
                write(payloads[i].asByteBuffer(), offsets[i]);
            }
            if (sync) {
                try {
                    file.force(false);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            for (int i = 0; i < count; i++) {
                client.done(requests[i]);
            }
            rest.forEach(Runnable::run);
            rest.clear();
            count = 0;
            sync = false;
        }

        private void write(ByteBuffer from, long offset) {
            try {
                long at = offset;
                while (from.hasRemaining()) {
                    at += file.write(from, at);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public List<Allocation> allocation(long offset, long length, int extentsMax) {
            return List.of(new Allocation(length, false, false));
        }

        @Override
        public void close() {}
    }
}
