package understudy.qemu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/// Bytes recorded from QEMU 7.2.22 running no operating system in 64 MiB; the firmware's pages in the outgoing
/// stream were overwritten with their page number.
final class Recording {
    static final byte[] OUTGOING = read("outgoing-7.2.gz");
    static final byte[] DEVICES = read("devices-7.2.gz");

    private Recording() {}

    private static byte[] read(String name) {
        try (InputStream in = Objects.requireNonNull(Recording.class.getResourceAsStream(name), name);
                GZIPInputStream unpacked = new GZIPInputStream(in)) {
            return unpacked.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
