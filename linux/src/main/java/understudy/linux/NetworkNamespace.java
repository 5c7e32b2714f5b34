package understudy.linux;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Work inside another network namespace.
public final class NetworkNamespace {
    private static final int CLONE_NEWNET = 0x40000000;

    private NetworkNamespace() {}

    /// Runs `work` on a new platform thread that has entered the namespace; sockets and TAP devices made there
    /// belong to it for good, wherever they are used later, and so do threads that `work` starts. The calling
    /// thread waits.
    ///
    /// @param nsFile for example `/run/netns/h1` or `/proc/12/ns/net`
    /// @throws IOException if the namespace cannot be entered, or what `work` threw, wrapped unless it is an
    ///                     `IOException`; an interruption is handed on to the work
    public static <T> T inside(Path nsFile, Callable<T> work) throws IOException {
        FutureTask<T> task = new FutureTask<>(() -> {
            enter(nsFile);
            return work.call();
        });
        Thread thread = Thread.ofPlatform().daemon().name("in " + nsFile).start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while working in " + nsFile);
        } catch (ExecutionException e) {
            throw rethrown(nsFile, e);
        }
    }

    private static void enter(Path nsFile) throws LinuxException {
        int fd = Libc.open(nsFile, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            throw Native.failure("open of network namespace " + nsFile);
        }
        try {
            // Moves the calling thread only; it ends with the work, so nothing has to be moved back.
            if (Libc.setns(fd, CLONE_NEWNET) < 0) {
                throw Native.failure("setns into network namespace " + nsFile);
            }
        } finally {
            Libc.close(fd);
        }
    }

    private static IOException rethrown(Path nsFile, ExecutionException e) {
        return switch (e.getCause()) {
            case IOException io -> io;
            case RuntimeException runtime -> throw runtime;
            case Error error -> throw error;
            case null, default -> new IOException("work in network namespace " + nsFile + " failed", e.getCause());
        };
    }
}
