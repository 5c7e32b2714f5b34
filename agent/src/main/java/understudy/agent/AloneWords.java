package understudy.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.ledger.SavedRecord;
import understudy.model.VmId;
import understudy.model.VmRecord;

/// What this host has written down of VMs with which it goes on alone, under a solo grant: one file each, beside the
/// ledger's. So whoever loses the folder loses its vote with it.
///
/// A file that is there was written whole, and one that was erased does not come back: each step is synced before it
/// counts as done. One thread does one thing after the other; what the disk refuses is tried again.
final class AloneWords implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AloneWords.class);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final String SUFFIX = ".json";

    private final Path folder;
    private final UUID boot;
    private final ExecutorService disk = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("alone").factory());

    /// What was found at the start. One of an earlier start of the host, or that cannot be read, is worth no more than
    /// that it is there.
    private final Map<VmId, Optional<VmRecord>> found;

    private interface Step {
        void take() throws IOException;
    }

    /// Reads what is there.
    ///
    /// @param folder made if it is not there
    /// @param boot   this start of this host
    AloneWords(Path folder, UUID boot) throws IOException {
        this.folder = folder;
        this.boot = boot;
        Files.createDirectories(folder);
        this.found = Collections.unmodifiableMap(read());
    }

    private Map<VmId, Optional<VmRecord>> read() throws IOException {
        Map<VmId, Optional<VmRecord>> words = new TreeMap<>();
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(folder)) {
            all.filter(file -> file.getFileName().toString().endsWith(SUFFIX)).forEach(files::add);
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            try {
                words.put(VmId.parse(name.substring(0, name.length() - SUFFIX.length())), read(file));
            } catch (IllegalArgumentException e) {
                LOG.warn("{} is no VM's, and is left alone", file);
            }
        }
        return words;
    }

    private Optional<VmRecord> read(Path file) throws IOException {
        try {
            SavedRecord saved = SavedRecord.parse(Files.readAllBytes(file));
            return Optional.of(saved).filter(it -> it.boot().equals(boot)).map(SavedRecord::known);
        } catch (IllegalArgumentException e) {
            LOG.warn("{} cannot be read: {}", file, e.getMessage());
            return Optional.empty();
        }
    }

    /// VMs with which an earlier life of this start of the host went on alone.
    List<VmRecord> ofThisStart() {
        return found.values().stream().flatMap(Optional::stream).toList();
    }

    /// What an earlier life has left of a VM: nothing, a word, or one by which this life may go on.
    Optional<Optional<VmRecord>> of(VmId vm) {
        return Optional.ofNullable(found.get(vm));
    }

    /// @param done told when it is on disk; on a thread of this object's
    void write(VmRecord known, Runnable done) {
        byte[] bytes = new SavedRecord(boot, known).bytes();
        VmId vm = known.spec().id();
        disk.execute(() -> untilDone(vm, done, () -> {
            Path unfinished = folder.resolve(vm + ".unfinished");
            try (FileChannel channel = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(unfinished, file(vm), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync();
        }));
    }

    /// @param done told when it is gone for sure; on a thread of this object's
    void erase(VmId vm, Runnable done) {
        disk.execute(() -> untilDone(vm, done, () -> {
            Files.deleteIfExists(file(vm));
            sync();
        }));
    }

    private Path file(VmId vm) {
        return folder.resolve(vm + SUFFIX);
    }

    private void sync() throws IOException {
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static void untilDone(VmId vm, Runnable done, Step step) {
        try {
            while (true) {
                try {
                    step.take();
                    done.run();
                    return;
                } catch (IOException e) {
                    LOG.error("{}: what this host goes on with alone cannot be noted: {}", vm, DriverDesk.reason(e));
                    Thread.sleep(AGAIN);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        disk.shutdownNow();
    }
}
