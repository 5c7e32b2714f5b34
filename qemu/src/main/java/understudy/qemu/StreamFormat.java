package understudy.qemu;

/// The numbers of QEMU's migration stream (`migration/savevm.c`, `migration/ram.c`; the same in 7.2 and
/// 10.0).
final class StreamFormat {
    static final int PAGE = 4096;

    static final int MAGIC = 0x5145564d; // "QEVM"
    static final int VERSION = 3;
    static final int HEADER_LENGTH = 8;

    static final int END_OF_STREAM = 0x00;
    static final int SECTION_START = 0x01;
    static final int SECTION_PART = 0x02;
    static final int SECTION_END = 0x03;
    static final int SECTION_FULL = 0x04;
    static final int SUBSECTION = 0x05;
    static final int DESCRIPTION = 0x06;
    static final int CONFIGURATION = 0x07;
    static final int COMMAND = 0x08;
    static final int FOOTER = 0x7e;

    static final int RAM_ZERO = 0x02;
    static final int RAM_BLOCKS = 0x04;
    static final int RAM_PAGE = 0x08;
    static final int RAM_END = 0x10;
    static final int RAM_SAME_BLOCK = 0x20;
    static final long RAM_FLAGS = PAGE - 1;

    private StreamFormat() {}
}
