package understudy.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import understudy.api.VolumePieces;
import understudy.api.VolumeStatus;

/// A file that a volume's content is written to, with holes where there is nothing, and a line now and then on
/// how far it is.
final class SparseFile implements VolumePieces.Sink, AutoCloseable {
    private static final int BLOCK_BYTES = 4096;
    private static final byte[] ZEROS = new byte[BLOCK_BYTES];
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RandomAccessFile file;
    private final VolumeStatus volume;
    private final ClusterOptions cluster;
    private long toldAt = System.nanoTime();

    /// @param path what is there is overwritten
    SparseFile(Path path, VolumeStatus volume, ClusterOptions cluster) throws IOException {
        this.file = new RandomAccessFile(path.toFile(), "rw");
        file.setLength(0);
        this.volume = volume;
        this.cluster = cluster;
    }

    @Override
    public void piece(long offset, byte[] bytes, int length) throws IOException {
        int at = 0;
        while (at < length) {
            boolean zero = isZero(bytes, at, length);
            int begin = at;
            while (at < length && isZero(bytes, at, length) == zero) {
                at += Math.min(BLOCK_BYTES, length - at);
            }
            if (!zero) {
                file.seek(offset + begin);
                file.write(bytes, begin, at - begin);
            }
        }
        tell(offset + length);
    }

    private static boolean isZero(byte[] bytes, int at, int length) {
        int end = Math.min(at + BLOCK_BYTES, length);
        return Arrays.equals(bytes, at, end, ZEROS, 0, end - at);
    }

    private void tell(long done) {
        long now = System.nanoTime();
        if (now - toldAt >= TELL_NANOS) {
            toldAt = now;
            cluster.tell("%s %s: %d of %d MiB"
                    .formatted(
                            volume.vm(),
                            volume.name(),
                            done >> 20,
                            volume.size().mebibytes()));
        }
    }

    @Override
    public void end(long size) throws IOException {
        file.setLength(size);
        file.getChannel().force(true);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
