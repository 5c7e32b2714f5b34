package understudy.volume;

/// The calling thread came back from a call that hung, and its lane belongs to another thread now.
public final class LaneAbandonedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public LaneAbandonedException() {
        super("this thread lost its lane", null, false, false);
    }
}
