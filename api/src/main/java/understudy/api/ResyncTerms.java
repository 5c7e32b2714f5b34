package understudy.api;

import java.util.Optional;
import understudy.model.ByteSize;

/// What somebody wishes of a volume's resync; what is absent stays as it is.
///
/// @param limit the most to be copied in a second; 0 for no limit
public record ResyncTerms(Optional<Boolean> paused, Optional<ByteSize> limit) {}
