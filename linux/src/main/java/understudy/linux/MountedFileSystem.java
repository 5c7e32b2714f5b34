package understudy.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/// A whole file system: how it is made to fail. Needs root.
///
/// It is named by a folder in it *and* by the device under it, such as `7:3`, and nothing is done if the two do
/// not belong together: where nothing is mounted, the folder belongs to the file system of the whole machine.
///
/// Threads: any.
public final class MountedFileSystem {
    private static final long FIFREEZE = 0xC0045877L;
    /// The same number as XFS has; ext4 knows it since Linux 4.11.
    private static final long SHUTDOWN = 0x8004587DL;
    private static final int WITHOUT_FLUSHING_THE_LOG = 2;
    private static final int OWNER_ONLY = 0600;
    private static final long LARGEST_PIECE = 1L << 30;
    private static final long SMALLEST_PIECE = 4096;

    private MountedFileSystem() {}

    /// Whether `folder` lies in the file system on `device`.
    public static boolean isOn(Path folder, String device) throws LinuxException {
        int fd = Libc.open(folder, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            throw Native.failure("open of " + folder);
        }
        try {
            return device(fd, folder).equals(device);
        } finally {
            Libc.close(fd);
        }
    }

    /// Writes out what is dirty, then lets nobody write until it is thawed: writers wait in the kernel, and not
    /// even SIGKILL ends them. Stays so when this process ends.
    ///
    /// @throws LinuxException with EBUSY if it is frozen already
    public static void freeze(Path folder, String device) throws IOException {
        control(folder, device, FIFREEZE, "freezing of " + folder);
    }

    /// Ends an ext4 or XFS file system on the spot: what was not synced is never written, and every read and
    /// write fails with EIO until it is unmounted and mounted again. Works on a frozen one, which stays frozen;
    /// once more does nothing.
    public static void shutDown(Path folder, String device) throws IOException {
        control(folder, device, SHUTDOWN, "shutdown of " + folder);
    }

    /// Freezing ignores its argument; the shutdown reads four bytes.
    private static void control(Path folder, String device, long request, String what) throws IOException {
        int fd = opened(folder, Libc.O_RDONLY, device);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocateFrom(ValueLayout.JAVA_INT, WITHOUT_FLUSHING_THE_LOG);
            if (Libc.ioctl(fd, request, argument) < 0) {
                throw Native.failure(what);
            }
        } finally {
            Libc.close(fd);
        }
    }

    private static int opened(Path path, int flags, String device) throws IOException {
        int fd = Libc.open(path, flags | Libc.O_CLOEXEC, OWNER_ONLY);
        if (fd < 0) {
            throw Native.failure("open of " + path);
        }
        try {
            String found = device(fd, path);
            if (!found.equals(device)) {
                throw new IOException("%s lies on device %s, not on %s".formatted(path, found, device));
            }
            return fd;
        } catch (IOException e) {
            Libc.close(fd);
            throw e;
        }
    }

    /// The kernel's `MAJOR:MINOR` of glibc's packed number.
    private static String device(int fd, Path path) throws LinuxException {
        long packed = DiskCalls.device(fd, path.toString());
        long major = ((packed >>> 8) & 0xfff) | ((packed >>> 32) & 0xfffff000L);
        long minor = (packed & 0xff) | ((packed >>> 12) & 0xffffff00L);
        return major + ":" + minor;
    }

    /// Gives all free blocks of a file system to `file`, which is made if it is not there. Takes no time to
    /// speak of, because nothing is written. Blocks that were freed just now count as free, too.
    ///
    /// @throws IOException if something else than a lack of room ends it
    public static void fill(Path file, String device) throws IOException {
        int fd = opened(file, Libc.O_RDWR | Libc.O_CREAT, device);
        try {
            // Blocks that were freed come back when the journal commits, which a sync makes it do.
            long length = filled(file, fd, 0);
            sync(file, fd);
            filled(file, fd, length);
            sync(file, fd);
        } finally {
            Libc.close(fd);
        }
    }

    /// In ever smaller pieces, because a piece that does not fit is refused.
    private static long filled(Path file, int fd, long from) throws LinuxException {
        long end = from;
        long piece = LARGEST_PIECE;
        while (piece >= SMALLEST_PIECE) {
            if (DiskCalls.allocate(fd, end, piece) == 0) {
                end += piece;
            } else if (Native.errno() == Errno.ENOSPC) {
                piece /= 2;
            } else if (Native.errno() != Errno.EINTR) {
                throw Native.failure("allocation of blocks to " + file);
            }
        }
        return end;
    }

    private static void sync(Path file, int fd) throws LinuxException {
        if (DiskCalls.fsync(fd) < 0) {
            throw Native.failure("fsync of " + file);
        }
    }
}
