package understudy.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The error numbers that this module tells apart, and their texts.
final class Errno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EINTR = 4;
    static final int ENXIO = 6;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;

    private static final MethodHandle DESCRIPTION = text("strerrordesc_np");
    private static final MethodHandle NAME = text("strerrorname_np");

    private Errno() {}

    /// For example `Invalid argument (EINVAL)`.
    static String describe(int errno) {
        return string(DESCRIPTION, errno, "unknown error") + " (" + string(NAME, errno, "errno " + errno) + ")";
    }

    private static MethodHandle text(String function) {
        return Native.plain(function, FunctionDescriptor.of(ADDRESS, JAVA_INT));
    }

    /// glibc answers with a static string, which nobody frees, or with a null pointer for a number that it does
    /// not know. The length is bounded by the reinterpretation: the longest of glibc's texts has about 50
    /// bytes.
    @SuppressWarnings("restricted")
    private static String string(MethodHandle function, int errno, String otherwise) {
        try {
            MemorySegment text = (MemorySegment) function.invokeExact(errno);
            return text.address() == 0 ? otherwise : text.reinterpret(256).getString(0);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }
}
