package understudy.linux;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import understudy.model.Problem;

/// What a host must offer, looked at by using it.
public final class KernelFeatures {
    private static final long SYS_USERFAULTFD = 323; // on x86-64
    private static final int MAJOR = 6;
    private static final int MINOR = 7;
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    private KernelFeatures() {}

    /// One thing that was looked at.
    ///
    /// @param feature what, in a few words
    /// @param problem what is wrong and what to do, if something is
    public record Finding(String feature, Optional<Problem> problem) {
        public boolean isMet() {
            return problem.isEmpty();
        }
    }

    /// Everything that a host needs, in an order in which mending the first finding may mend later ones.
    public static List<Finding> check() {
        return List.of(
                new Finding("root", root(Libc.geteuid())),
                new Finding("x86-64", architecture(System.getProperty("os.arch", ""))),
                new Finding("Linux 6.7 or later", kernel(System.getProperty("os.version", ""))),
                new Finding("/dev/net/tun", tun(Path.of("/dev/net/tun"))),
                new Finding("memory write tracking", writeTracking()));
    }

    static Optional<Problem> root(int uid) {
        return uid == 0
                ? Optional.empty()
                : problem(
                        "not-root", "Not run as root (user id " + uid + ").", "Run it as root, for example with sudo.");
    }

    static Optional<Problem> architecture(String name) {
        return name.equals("amd64")
                ? Optional.empty()
                : problem("unknown-architecture", "This machine is " + name + ", not x86-64.", "Use an x86-64 host.");
    }

    static Optional<Problem> kernel(String version) {
        Matcher numbers = VERSION.matcher(version);
        if (numbers.matches()) {
            long major = Long.parseLong(numbers.group(1));
            if (major > MAJOR || (major == MAJOR && Long.parseLong(numbers.group(2)) >= MINOR)) {
                return Optional.empty();
            }
        }
        return problem(
                "old-kernel",
                "The kernel is Linux " + version + "; memory writes can be tracked from 6.7 on.",
                "Install a newer kernel (Debian 13 has 6.12; Debian 12 has one in backports) and reboot.");
    }

    static Optional<Problem> tun(Path device) {
        int fd = Libc.open(device, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (fd >= 0) {
            Libc.close(fd);
            return Optional.empty();
        }
        return problem(
                "no-tun",
                "TAP devices cannot be made: opening " + device + ": " + Errno.describe(Native.errno()) + ".",
                "Load the module with 'modprobe tun'; in a container, pass the device in.");
    }

    /// Tracks a page of this process for a moment.
    private static Optional<Problem> writeTracking() {
        try {
            probe();
            return Optional.empty();
        } catch (IOException e) {
            return problem(
                    "no-write-tracking",
                    "Memory writes cannot be tracked: " + e.getMessage() + ".",
                    "Use a kernel with CONFIG_USERFAULTFD and CONFIG_PTE_MARKER_UFFD_WP (Debian's have them), and in a"
                            + " container allow userfaultfd(2).");
        }
    }

    private static void probe() throws IOException {
        Path file = Files.createTempFile(Path.of("/dev/shm"), "understudy-probe", "");
        try (SharedMemoryFile memory = SharedMemoryFile.create(file, 2L * PageRuns.PAGE_BYTES);
                PageRuns runs = new PageRuns(2)) {
            long start = memory.segment().address();
            AddressRange range = new AddressRange(start, start + memory.size());
            try (WriteTracker tracker = WriteTracker.of(ProcessHandle.current().pid(), userfaultFd(), List.of(range))) {
                tracker.take(range, runs);
                runs.clear();
                memory.segment().set(ValueLayout.JAVA_BYTE, PageRuns.PAGE_BYTES, (byte) 1);
                tracker.take(range, runs);
            }
            if (runs.count() != 1 || runs.start(0) != start + PageRuns.PAGE_BYTES || runs.pages() != 1) {
                throw new IOException("the kernel missed a write");
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /// A userfaultfd of this process; the caller closes it.
    static int userfaultFd() throws LinuxException {
        // Flags only.
        long fd = Libc.syscall(SYS_USERFAULTFD, Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0, 0, 0);
        if (fd < 0) {
            throw Native.failure("userfaultfd");
        }
        return (int) fd;
    }

    private static Optional<Problem> problem(String code, String message, String correction) {
        return Optional.of(Problem.of(code, message, correction));
    }
}
