package understudy.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.DurableFile;

/// In which start of its host each replica of a VM was last counted on. A replica whose host was started anew since may
/// lack what a guest that runs here was told: so it is kept for later lives of the agent, as long as such a guest may
/// live.
///
/// A line each: the replica and the start; in the first one, this host's own. What cannot be read is not known; what
/// cannot be written is known to this life only. For many threads.
final class CountedBoots {
    private static final Logger LOG = LoggerFactory.getLogger(CountedBoots.class);

    private final Path file;

    /// By replica.
    private final Map<UUID, UUID> boots = new TreeMap<>();

    private final UUID self;

    /// @param file its folder is made when it is needed
    /// @param self this start of this host
    CountedBoots(Path file, UUID self) {
        this.file = file;
        this.self = self;
        try {
            List<String> lines = Files.readAllLines(file, US_ASCII);
            if (!lines.isEmpty() && lines.getFirst().equals(self.toString())) {
                for (String line : lines.subList(1, lines.size())) {
                    String[] words = line.split(" ", -1);
                    boots.put(UUID.fromString(words[0]), UUID.fromString(words[1]));
                }
            }
        } catch (NoSuchFileException _) {
            // Nothing was counted on yet.
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
            LOG.warn("{} cannot be read: {}", file, e.toString());
            boots.clear();
        }
    }

    synchronized Optional<UUID> of(UUID replica) {
        return Optional.ofNullable(boots.get(replica));
    }

    synchronized void put(UUID replica, UUID boot) {
        if (boot.equals(boots.put(replica, boot))) {
            return;
        }
        String lines = boots.entrySet().stream()
                .map(it -> it.getKey() + " " + it.getValue() + "\n")
                .collect(Collectors.joining("", self + "\n", ""));
        try {
            Files.createDirectories(file.getParent());
            DurableFile.write(file, lines.getBytes(US_ASCII));
        } catch (IOException e) {
            LOG.warn("{} cannot be written: {}", file, e.toString());
        }
    }

    /// The VM is no more.
    synchronized void forget() {
        boots.clear();
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed: {}", file, e.toString());
        }
    }
}
