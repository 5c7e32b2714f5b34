package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Reads another process's memory (process_vm_readv(2)).
public final class RemoteMemory {
    private static final long BASE = Structs.offset(Structs.IOVEC, "base");
    private static final long LENGTH = Structs.offset(Structs.IOVEC, "len");

    private RemoteMemory() {}

    /// Fills `into` with what lies at `address` in process `pid`. It is no snapshot: stop the process for one.
    ///
    /// @param into native memory; the caller's
    /// @throws LinuxException with EFAULT if some of it is not mapped there, ESRCH if there is no such process;
    ///                        `into` may then be filled in part
    public static void read(long pid, long address, MemorySegment into) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment local = arena.allocate(Structs.IOVEC);
            MemorySegment remote = arena.allocate(Structs.IOVEC);
            long done = 0;
            while (done < into.byteSize()) {
                long rest = into.byteSize() - done;
                local.set(JAVA_LONG, BASE, into.address() + done);
                local.set(JAVA_LONG, LENGTH, rest);
                remote.set(JAVA_LONG, BASE, address + done);
                remote.set(JAVA_LONG, LENGTH, rest);
                // Two vectors of one entry each; the kernel writes at most `rest` bytes, which end where `into` ends.
                long count = Libc.processVmReadv(Math.toIntExact(pid), local, remote);
                if (count <= 0) {
                    throw Native.failure("reading %d bytes at %x of process %d".formatted(rest, address + done, pid));
                }
                done += count;
            }
        }
    }
}
