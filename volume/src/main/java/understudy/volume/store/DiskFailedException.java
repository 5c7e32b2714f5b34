package understudy.volume.store;

import java.io.IOException;

/// A disk did not do what it was asked for. The replica on it is of no more use to anybody but a later resync,
/// unless it was a read that failed.
public final class DiskFailedException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /// @param errno the kernel's error number, as in errno(3); 0 if there is none
    public DiskFailedException(int errno, String what) {
        super(what);
        this.errno = errno;
    }

    /// @param errno the kernel's error number, as in errno(3); 0 if there is none
    public DiskFailedException(int errno, String what, Throwable cause) {
        super(what, cause);
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }

    /// Whether there was no room.
    public boolean isFull() {
        return errno == ENOSPC || errno == EDQUOT;
    }

    private static final int ENOSPC = 28;
    private static final int EDQUOT = 122;
}
