package understudy.linux;

import java.io.IOException;

/// A system call that failed.
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /// @param what  the call and the thing it was made on, for example `PAGEMAP_SCAN on pid 12`
    /// @param errno the kernel's error number
    LinuxException(String what, int errno) {
        super(what + ": " + Errno.describe(errno));
        this.errno = errno;
    }

    /// The kernel's error number, as in errno(3).
    public int errno() {
        return errno;
    }
}
