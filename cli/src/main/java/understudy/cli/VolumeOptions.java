package understudy.cli;

import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;
import understudy.model.ByteSize;

/// What `volume serve` and `volume replica` have in common.
final class VolumeOptions {
    @Option(
            names = "--deadline",
            paramLabel = "MS",
            defaultValue = "2000",
            description = "A disk or peer that leaves something unanswered for so long has failed, in milliseconds"
                    + " (default: ${DEFAULT-VALUE}).")
    private long deadlineMillis;

    @Option(
            names = "--resync-rate",
            paramLabel = "SIZE",
            description = "At most so many bytes a second for a resync (default: as fast as clients leave room).")
    private Optional<ByteSize> resyncRate = Optional.empty();

    Duration deadline() {
        return Duration.ofMillis(deadlineMillis);
    }

    Optional<ByteSize> resyncRate() {
        return resyncRate;
    }
}
