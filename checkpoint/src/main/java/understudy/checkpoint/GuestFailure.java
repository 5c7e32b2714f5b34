package understudy.checkpoint;

import java.io.IOException;

/// QEMU did not do what a checkpoint needs: it is dead, hangs, or cannot be looked into.
final class GuestFailure extends IOException {
    private static final long serialVersionUID = 1;

    GuestFailure(IOException cause) {
        super(cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
    }
}
