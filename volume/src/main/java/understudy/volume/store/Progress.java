package understudy.volume.store;

/// How far something has come.
///
/// @param done  in bytes, in [0, total]
/// @param total in bytes
public record Progress(long done, long total) {
    public boolean isComplete() {
        return done >= total;
    }
}
