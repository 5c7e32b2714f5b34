package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/// Tells which pages of another process were written since the last time it was asked.
///
/// The kernel write-protects the pages of registered ranges and lifts the protection by itself at the first
/// write (userfaultfd's asynchronous write-protection); PAGEMAP_SCAN lists the pages without protection and
/// protects them again, atomically for each page: a write that a scan did not list is listed by the next one.
/// Linux 6.7 or later.
///
/// A page that was never written counts as written at the first [#take], so the first one lists everything.
/// What a scan has listed is not listed again: if the list is lost, all pages must be copied again.
///
/// The userfaultfd belongs to the other process's address space and lives as long as it does; closing a tracker
/// leaves the registration in place, and a later tracker (of a restarted agent, say) takes it up again.
///
/// Rejected: soft-dirty bits (compiled out of some kernels, and cleared for the whole process only) and QEMU's
/// own dirty bitmap (not reachable from outside).
///
/// Threads: one at a time.
public final class WriteTracker implements AutoCloseable {
    private static final long UFFDIO_API = Structs.ioctl(0xC018AA3FL, Structs.UFFDIO_API);
    private static final long UFFDIO_REGISTER = Structs.ioctl(0xC020AA00L, Structs.UFFDIO_REGISTER);
    private static final long PAGEMAP_SCAN = Structs.ioctl(0xC0606610L, Structs.PM_SCAN_ARG);

    private static final long UFFD_API_VERSION = 0xAA;
    private static final long WP_HUGETLBFS_SHMEM = 1 << 12;
    private static final long WP_UNPOPULATED = 1 << 13;
    private static final long WP_ASYNC = 1 << 15;
    private static final long REGISTER_MODE_WP = 2;
    private static final long SCAN_WP_MATCHING = 1;
    private static final long SCAN_CHECK_WPASYNC = 2;
    private static final long PAGE_IS_WRITTEN = 2;

    private static final long FLAGS = Structs.offset(Structs.PM_SCAN_ARG, "flags");
    private static final long START = Structs.offset(Structs.PM_SCAN_ARG, "start");
    private static final long END = Structs.offset(Structs.PM_SCAN_ARG, "end");
    private static final long WALK_END = Structs.offset(Structs.PM_SCAN_ARG, "walk_end");
    private static final long VECTOR = Structs.offset(Structs.PM_SCAN_ARG, "vec");
    private static final long VECTOR_LENGTH = Structs.offset(Structs.PM_SCAN_ARG, "vec_len");
    private static final long MAX_PAGES = Structs.offset(Structs.PM_SCAN_ARG, "max_pages");

    private final long pid;
    private final int userfaultFd;
    private final int pagemapFd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment scan = arena.allocate(Structs.PM_SCAN_ARG);

    private WriteTracker(long pid, int userfaultFd, int pagemapFd) {
        this.pid = pid;
        this.userfaultFd = userfaultFd;
        this.pagemapFd = pagemapFd;
        scan.set(JAVA_LONG, Structs.offset(Structs.PM_SCAN_ARG, "size"), Structs.PM_SCAN_ARG.byteSize());
        scan.set(JAVA_LONG, Structs.offset(Structs.PM_SCAN_ARG, "category_mask"), PAGE_IS_WRITTEN);
        scan.set(JAVA_LONG, Structs.offset(Structs.PM_SCAN_ARG, "return_mask"), PAGE_IS_WRITTEN);
    }

    /// @param trackerFd the number at which the process has a userfaultfd of its own ([UserfaultShim#TRACKER_FD])
    /// @param ranges    page-aligned, mapped in the process
    /// @throws LinuxException if the process has no such descriptor (was the shim preloaded?), if the kernel
    ///                        lacks asynchronous write-protection, or if a range cannot be tracked
    public static WriteTracker attach(long pid, int trackerFd, List<AddressRange> ranges) throws LinuxException {
        try (PidFd process = PidFd.open(pid)) {
            return of(pid, process.duplicate(trackerFd), ranges);
        }
    }

    /// @param userfaultFd opened by process `pid`; closed by the tracker, or here on failure
    static WriteTracker of(long pid, int userfaultFd, List<AddressRange> ranges) throws LinuxException {
        // The path ends in 0 and is freed on return; the descriptor is ours until close.
        int pagemapFd = Libc.open(Path.of("/proc", Long.toString(pid), "pagemap"), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (pagemapFd < 0) {
            LinuxException failure = Native.failure("open of the pagemap of process " + pid);
            Libc.close(userfaultFd);
            throw failure;
        }
        WriteTracker tracker = new WriteTracker(pid, userfaultFd, pagemapFd);
        try {
            tracker.enable();
            for (AddressRange range : ranges) {
                tracker.add(range);
            }
            return tracker;
        } catch (LinuxException | RuntimeException e) {
            tracker.close();
            throw e;
        }
    }

    /// A userfaultfd takes UFFDIO_API once and answers EINVAL ever after. It answers EINVAL to unknown
    /// features, too; so after EINVAL the check in [#add] tells the two apart: a range without asynchronous
    /// protection cannot be scanned.
    private void enable() throws LinuxException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment api = call.allocate(Structs.UFFDIO_API);
            api.set(JAVA_LONG, Structs.offset(Structs.UFFDIO_API, "api"), UFFD_API_VERSION);
            api.set(
                    JAVA_LONG,
                    Structs.offset(Structs.UFFDIO_API, "features"),
                    WP_ASYNC | WP_UNPOPULATED | WP_HUGETLBFS_SHMEM);
            // 24 bytes, read and written during the call only.
            if (Libc.ioctl(userfaultFd, UFFDIO_API, api) < 0 && Native.errno() != Errno.EINVAL) {
                throw Native.failure("UFFDIO_API on process " + pid);
            }
        }
    }

    /// Tracks one more range; one that is tracked already keeps its state.
    ///
    /// @param range page-aligned, mapped in the process
    public void add(AddressRange range) throws LinuxException {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment register = call.allocate(Structs.UFFDIO_REGISTER);
            register.set(JAVA_LONG, Structs.offset(Structs.UFFDIO_REGISTER, "start"), range.start());
            register.set(JAVA_LONG, Structs.offset(Structs.UFFDIO_REGISTER, "len"), range.length());
            register.set(JAVA_LONG, Structs.offset(Structs.UFFDIO_REGISTER, "mode"), REGISTER_MODE_WP);
            // 32 bytes, read and written during the call only.
            if (Libc.ioctl(userfaultFd, UFFDIO_REGISTER, register) < 0) {
                throw Native.failure("UFFDIO_REGISTER of " + range + " on process " + pid);
            }
            // A first look at one page, changing nothing: fails if the protection is not asynchronous.
            prepare(SCAN_CHECK_WPASYNC, range.start(), range.end(), 1);
            scan(call.allocate(Structs.PAGE_REGION), "tracking " + range);
        }
    }

    /// Appends the written runs of `range` to `into`, in ascending order, and write-protects them again.
    /// Adjacent runs are joined, save where the scan was continued because the vector was full.
    ///
    /// After a failure runs may have been protected again that are not in `into`: copy all pages, or give up.
    ///
    /// @param range page-aligned, within ranges that are tracked
    public void take(AddressRange range, PageRuns into) throws LinuxException {
        long from = range.start();
        while (from < range.end()) {
            MemorySegment room = into.room();
            prepare(SCAN_WP_MATCHING | SCAN_CHECK_WPASYNC, from, range.end(), 0);
            into.added(scan(room, "of " + range));
            long reached = scan.get(JAVA_LONG, WALK_END);
            if (reached <= from) {
                throw new IllegalStateException("PAGEMAP_SCAN made no progress at %x".formatted(from));
            }
            from = reached;
        }
    }

    private void prepare(long flags, long from, long to, long maxPages) {
        scan.set(JAVA_LONG, FLAGS, flags);
        scan.set(JAVA_LONG, START, from);
        scan.set(JAVA_LONG, END, to);
        scan.set(JAVA_LONG, WALK_END, 0);
        scan.set(JAVA_LONG, MAX_PAGES, maxPages);
    }

    /// The kernel writes at most as many regions as the vector's length says, which is taken from the segment's
    /// own size. The 96 bytes of arguments and the vector are read and written during the call only.
    private int scan(MemorySegment vector, String what) throws LinuxException {
        scan.set(JAVA_LONG, VECTOR, vector.address());
        scan.set(JAVA_LONG, VECTOR_LENGTH, vector.byteSize() / Structs.PAGE_REGION.byteSize());
        int runs = Libc.ioctl(pagemapFd, PAGEMAP_SCAN, scan);
        if (runs < 0) {
            throw Native.failure("PAGEMAP_SCAN " + what + " on process " + pid);
        }
        return runs;
    }

    @Override
    public void close() {
        Libc.close(pagemapFd);
        Libc.close(userfaultFd);
        arena.close();
    }
}
