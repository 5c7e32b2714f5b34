package understudy.volume.store;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/// What a replica must be to be opened.
public record Expected(Optional<UUID> volume, Optional<UUID> replica, OptionalLong sizeBytes) {
    public static final Expected ANYTHING = new Expected(Optional.empty(), Optional.empty(), OptionalLong.empty());

    /// This very replica, of whatever size.
    public static Expected replica(UUID volume, UUID replica) {
        return new Expected(Optional.of(volume), Optional.of(replica), OptionalLong.empty());
    }

    /// Any replica of this size.
    public static Expected size(long bytes) {
        return new Expected(Optional.empty(), Optional.empty(), OptionalLong.of(bytes));
    }
}
