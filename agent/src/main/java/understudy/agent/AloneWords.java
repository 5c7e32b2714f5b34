package understudy.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import understudy.linux.DurableFile;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.protocol.ViewInput;

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

    /// What was found at the start.
    private final Map<VmId, ViewInput.AloneFound> found;

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

    private Map<VmId, ViewInput.AloneFound> read() throws IOException {
        Map<VmId, ViewInput.AloneFound> words = new TreeMap<>();
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

    private ViewInput.AloneFound read(Path file) throws IOException {
        try {
            SavedRecord saved = SavedRecord.parse(Files.readAllBytes(file));
            return new ViewInput.AloneFound(
                    Optional.of(saved.known()), saved.boot().equals(boot));
        } catch (IllegalArgumentException e) {
            LOG.warn("{} cannot be read: {}", file, e.getMessage());
            return new ViewInput.AloneFound(Optional.empty(), false);
        }
    }

    /// VMs with which an earlier life of this start of the host went on alone.
    List<VmRecord> ofThisStart() {
        return found.values().stream()
                .filter(ViewInput.AloneFound::isOfThisStart)
                .flatMap(it -> it.known().stream())
                .toList();
    }

    /// What an earlier life has left of a VM, if anything.
    Optional<ViewInput.AloneFound> of(VmId vm) {
        return Optional.ofNullable(found.get(vm));
    }

    /// @param done told when it is on disk; on a thread of this object's
    void write(VmRecord known, Runnable done) {
        byte[] bytes = new SavedRecord(boot, known).bytes();
        VmId vm = known.spec().id();
        disk.execute(() -> untilDone(vm, done, () -> DurableFile.write(file(vm), bytes)));
    }

    /// @param done told when it is gone for sure; on a thread of this object's
    void erase(VmId vm, Runnable done) {
        disk.execute(() -> untilDone(vm, done, () -> DurableFile.delete(file(vm))));
    }

    private Path file(VmId vm) {
        return folder.resolve(vm + SUFFIX);
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
