package understudy.volume.store;

/// The power of a simulated host is gone.
final class PowerLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PowerLostException() {
        super("power lost", null, false, false);
    }
}
