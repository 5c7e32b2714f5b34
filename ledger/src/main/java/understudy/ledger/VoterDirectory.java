package understudy.ledger;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import understudy.linux.DurableFile;
import understudy.model.HostName;
import understudy.model.Problem;

/// Keeps a voter from taking another's directory for its own: it would vote twice, or forget what it voted for.
///
/// Beside the files of Ratis there are `voter`, which says whose directory it is, and `begun`: who voted, as far as
/// this member knew, when it began to take part. It goes by that until it has learnt more.
final class VoterDirectory {
    private final LedgerConfig config;
    private final Path storage;

    private VoterDirectory(LedgerConfig config) {
        this.config = config;
        this.storage = config.directory().resolve("ratis");
    }

    /// The directory is made and marked if it is new.
    ///
    /// @throws understudy.model.Problem.Refused if it is another voter's or another cluster's
    static VoterDirectory claim(LedgerConfig config) throws IOException {
        Files.createDirectories(config.directory());
        Path mark = config.directory().resolve("voter");
        String text = "understudy ledger, format 1\nvoter %s\ncluster %s\n".formatted(config.self(), config.cluster());
        if (Files.exists(mark)) {
            String found = Files.readString(mark, StandardCharsets.ISO_8859_1);
            if (!found.equals(text)) {
                throw Problem.of(
                                "ledger-directory",
                                config.directory() + " belongs to another voter of the ledger.",
                                "Give this agent its own directory; never copy one.")
                        .with("expected", text.strip())
                        .with("found", found.strip())
                        .refused();
            }
        } else {
            write(mark, text);
        }
        return new VoterDirectory(config);
    }

    /// Where Ratis may keep its files.
    Path storage() {
        return storage;
    }

    /// Whether this member has taken part before.
    boolean isUsed() {
        return Files.exists(storage.resolve(config.cluster().toString()).resolve("current"));
    }

    /// With those that voted when this member began to take part. It does so now if it has not before.
    LedgerConfig begun() throws IOException {
        Path file = config.directory().resolve("begun");
        if (!isUsed()) {
            write(file, String.join("\n", names(config)) + "\n");
            return config;
        }
        // Those that began before this was written down voted as the configuration says.
        return Files.exists(file) ? config.withVoters(read(file)) : config;
    }

    private static List<String> names(LedgerConfig config) {
        return config.voters().stream().map(HostName::value).toList();
    }

    private SortedSet<HostName> read(Path file) throws IOException {
        SortedSet<HostName> voters = new TreeSet<>();
        try {
            Files.readAllLines(file, StandardCharsets.ISO_8859_1).forEach(line -> voters.add(new HostName(line)));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
        return voters;
    }

    private static void write(Path file, String text) throws IOException {
        DurableFile.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
