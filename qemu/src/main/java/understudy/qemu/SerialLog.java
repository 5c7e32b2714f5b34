package understudy.qemu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The file to which QEMU appends what the guest writes to its first serial port. It lies in memory, as all that a QEMU
/// leaves there must be gone after a loss of power; so it is kept small.
public final class SerialLog {
    /// What it may grow to, in bytes, before all but the latest half is thrown away.
    static final long BYTES_MAX = 1 << 20;

    private SerialLog() {}

    /// Throws away what is old, if it has become too long. What QEMU appends between the reading of the latest half and
    /// the cut, some microseconds, can be lost.
    ///
    /// @throws IOException if it cannot be read or written; that there is none is well
    public static void trim(InstanceDirectory directory) throws IOException {
        Path file = directory.serialLog();
        try {
            if (Files.size(file) <= BYTES_MAX) {
                return;
            }
            ByteBuffer latest = ByteBuffer.allocate((int) BYTES_MAX / 2);
            try (FileChannel log = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    FileChannel end = FileChannel.open(file, StandardOpenOption.APPEND)) {
                long from = log.size() - latest.capacity();
                while (latest.hasRemaining() && log.read(latest, from + latest.position()) >= 0) {}
                log.truncate(0);
                latest.flip();
                while (latest.hasRemaining()) {
                    end.write(latest);
                }
            }
        } catch (NoSuchFileException goneOrNotYetThere) {
            // There is nothing to bound.
        }
    }
}
