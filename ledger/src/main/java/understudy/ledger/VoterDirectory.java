package understudy.ledger;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import understudy.linux.DurableFile;
import understudy.model.Problem;

/// Keeps a voter from taking another's directory for its own: it would vote twice, or forget what it voted for.
final class VoterDirectory {
    private VoterDirectory() {}

    /// Where Ratis may keep its files. The directory is made and marked if it is new.
    ///
    /// @throws understudy.model.Problem.Refused if it is another voter's or another cluster's
    static Path claim(LedgerConfig config) throws IOException {
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
            DurableFile.write(mark, text.getBytes(StandardCharsets.ISO_8859_1));
        }
        return config.directory().resolve("ratis");
    }
}
