package understudy.lab;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/// Lets one lab command at a time change the lab; others wait. Ends with the process, however that ends.
final class LabLock implements AutoCloseable {
    private static final Path FILE = Path.of("/run/understudy-lab.lock");
    private static final int ATTEMPTS = 100;

    private final FileChannel channel;

    private LabLock(FileChannel channel) {
        this.channel = channel;
    }

    static LabLock take() {
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                FileChannel channel = FileChannel.open(FILE, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                OptionalLong before = Inodes.of(FILE);
                channel.lock();
                // Whoever held the lock may have deleted the file: then another one is the lock now.
                if (before.isPresent() && before.equals(Inodes.of(FILE))) {
                    return new LabLock(channel);
                }
                channel.close();
            }
            throw new IOException(FILE + " keeps being replaced");
        } catch (IOException e) {
            throw Shell.failure("take the lab's lock", e);
        }
    }

    /// Removes the file as well: nothing of a lab stays behind.
    @Override
    public void close() {
        try (channel) {
            Files.deleteIfExists(FILE);
        } catch (IOException e) {
            throw Shell.failure("release the lab's lock", e);
        }
    }
}
