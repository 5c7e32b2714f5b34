package understudy.volume.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import understudy.volume.Geometry;

/// Which replica it is.
///
/// @param volume    the same for all replicas of a volume
/// @param replica   this copy's own
/// @param sizeBytes the volume's; it may grow
/// @param created   when this copy was made, in whole milliseconds
public record Identity(UUID volume, UUID replica, long sizeBytes, Instant created) {

    public Identity {
        if (!Geometry.isSize(sizeBytes)) {
            throw new IllegalArgumentException(sizeBytes + " bytes is no size of a volume");
        }
        created = created.truncatedTo(ChronoUnit.MILLIS);
    }
}
