package understudy.volume.store;

/// What a replica says of itself, read without opening it: it may be in use.
///
/// @param isClean whether it was closed cleanly after it was last open, so that its disk has all that it confirmed
public record Inspection(Identity identity, Standing standing, boolean isClean) {}
