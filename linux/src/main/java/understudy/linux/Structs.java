package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;

/// The kernel's structures, each checked against its size when this class loads.
final class Structs {
    /// `struct uffdio_api`, linux/userfaultfd.h.
    static final StructLayout UFFDIO_API = sized(24, longs("api", "features", "ioctls"));

    /// `struct uffdio_register`, linux/userfaultfd.h.
    static final StructLayout UFFDIO_REGISTER = sized(32, longs("start", "len", "mode", "ioctls"));

    /// `struct pm_scan_arg`, linux/fs.h.
    static final StructLayout PM_SCAN_ARG = sized(
            96,
            longs(
                    "size",
                    "flags",
                    "start",
                    "end",
                    "walk_end",
                    "vec",
                    "vec_len",
                    "max_pages",
                    "category_inverted",
                    "category_mask",
                    "category_anyof_mask",
                    "return_mask"));

    /// `struct page_region`, linux/fs.h.
    static final StructLayout PAGE_REGION = sized(24, longs("start", "end", "categories"));

    /// `struct iovec`.
    static final StructLayout IOVEC = sized(16, longs("base", "len"));

    /// `struct pollfd`.
    static final StructLayout POLLFD =
            sized(8, JAVA_INT.withName("fd"), JAVA_SHORT.withName("events"), JAVA_SHORT.withName("revents"));

    /// `struct ifreq`: a name, then a union of 24 bytes; of the union only the first eight bytes are used here.
    static final StructLayout IFREQ = sized(
            40,
            MemoryLayout.sequenceLayout(16, JAVA_BYTE).withName("name"),
            JAVA_LONG.withName("value"),
            MemoryLayout.paddingLayout(16));

    /// `struct sockaddr_un`.
    static final StructLayout SOCKADDR_UN = sized(
            110,
            JAVA_SHORT.withName("family"),
            MemoryLayout.sequenceLayout(108, JAVA_BYTE).withName("path"));

    private Structs() {}

    static long offset(StructLayout struct, String field) {
        return struct.byteOffset(PathElement.groupElement(field));
    }

    /// An ioctl number, checked: numbers made by `_IOWR` hold their argument's size in bits 16 to 29.
    static long ioctl(long number, StructLayout argument) {
        long size = number >> 16 & 0x3fff;
        if (size != argument.byteSize()) {
            throw new AssertionError("ioctl 0x%x takes %d bytes, not %d".formatted(number, size, argument.byteSize()));
        }
        return number;
    }

    private static StructLayout sized(long bytes, MemoryLayout... fields) {
        StructLayout struct = MemoryLayout.structLayout(fields);
        if (struct.byteSize() != bytes) {
            throw new AssertionError("%s has %d bytes, not %d".formatted(struct, struct.byteSize(), bytes));
        }
        return struct;
    }

    /// Fields of eight bytes, naturally aligned, hence without padding.
    private static MemoryLayout[] longs(String... names) {
        MemoryLayout[] fields = new MemoryLayout[names.length];
        for (int i = 0; i < names.length; i++) {
            fields[i] = JAVA_LONG.withName(names[i]);
        }
        return fields;
    }
}
