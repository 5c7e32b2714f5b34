package understudy.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.link.Connection;
import understudy.link.Link;
import understudy.model.HostName;

/// Files that VMs boot from or have in a CD drive, each named by its content, so that a host has the right one or none.
/// What a host
/// lacks it fetches from the others.
///
/// A file appears under its name only when all of it is there and durable.
final class FileStore {
    private static final Logger LOG = LoggerFactory.getLogger(FileStore.class);
    private static final String SERVICE = "files";
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");
    private static final int BLOCK_BYTES = 1 << 20;
    private static final long FILE_BYTES_MAX = 16L << 30;
    private static final Duration DIAL = Duration.ofSeconds(2);
    /// With the next block, so that a large file on a slow link arrives.
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Path directory;
    private final Link link;

    FileStore(Path directory, Link link) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.link = link;
        try (var leftovers = Files.newDirectoryStream(directory, "*.part")) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
        link.serve(SERVICE, this::serve);
    }

    boolean holds(String name) {
        return NAME.matcher(name).matches() && Files.exists(directory.resolve(name));
    }

    /// Where the file is.
    Path path(String name) {
        return directory.resolve(name);
    }

    /// Keeps all of `content`.
    ///
    /// @return its name
    String store(InputStream content) throws IOException {
        Path part = Files.createTempFile(directory, "upload", ".part");
        try {
            MessageDigest digest = sha256();
            try (OutputStream out = new DigestOutputStream(Files.newOutputStream(part), digest)) {
                content.transferTo(out);
            }
            String name = HexFormat.of().formatHex(digest.digest());
            keep(part, name);
            return name;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /// Makes sure that the file is here.
    ///
    /// @param from who may have it
    /// @throws IOException if nobody has it
    void fetch(String name, Collection<HostName> from) throws IOException {
        for (HostName host : from) {
            if (holds(name)) {
                return;
            }
            try (Connection connection = link.connect(host, SERVICE, DIAL)) {
                receive(connection, name);
            } catch (IOException tryTheNext) {
                LOG.debug("{} does not give {}: {}", host, name, tryTheNext.getMessage());
            }
        }
        if (!holds(name)) {
            throw new IOException("no host that can be reached has the file " + name);
        }
    }

    private void receive(Connection connection, String name) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES);
        try (var _ = connection.deadline(PATIENCE)) {
            connection.write(ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)));
            connection.readFully(length);
        }
        long rest = length.flip().getLong();
        if (rest < 0 || rest > FILE_BYTES_MAX) {
            return;
        }
        Path part = Files.createTempFile(directory, "fetch", ".part");
        try {
            MessageDigest digest = sha256();
            try (FileChannel out = FileChannel.open(part, StandardOpenOption.WRITE)) {
                ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
                while (rest > 0) {
                    block.clear().limit((int) Math.min(rest, BLOCK_BYTES));
                    try (var _ = connection.deadline(PATIENCE)) {
                        connection.readFully(block);
                    }
                    digest.update(block.flip().duplicate());
                    rest -= block.remaining();
                    while (block.hasRemaining()) {
                        out.write(block);
                    }
                }
            }
            if (HexFormat.of().formatHex(digest.digest()).equals(name)) {
                keep(part, name);
            }
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /// Answers a name of 64 characters with a length (8 bytes, −1 for none) and the bytes.
    private void serve(Connection connection) throws IOException {
        ByteBuffer asked = ByteBuffer.allocate(64);
        try (var _ = connection.deadline(PATIENCE)) {
            connection.readFully(asked);
        }
        String name = new String(asked.array(), StandardCharsets.US_ASCII);
        if (!holds(name)) {
            send(connection, ByteBuffer.allocate(Long.BYTES).putLong(-1).flip());
            return;
        }
        try (FileChannel in = FileChannel.open(path(name))) {
            send(connection, ByteBuffer.allocate(Long.BYTES).putLong(in.size()).flip());
            ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
            while (in.read(block.clear()) >= 0) {
                send(connection, block.flip());
            }
        }
    }

    private static void send(Connection connection, ByteBuffer bytes) throws IOException {
        try (var _ = connection.deadline(PATIENCE)) {
            connection.write(bytes);
        }
    }

    private void keep(Path part, String name) throws IOException {
        try (FileChannel file = FileChannel.open(part, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(part, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel here = FileChannel.open(directory)) {
            here.force(true);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
