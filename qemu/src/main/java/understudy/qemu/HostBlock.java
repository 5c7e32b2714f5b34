package understudy.qemu;

/// A RAM block's place in QEMU's own address space.
///
/// @param address where its first byte lies, page-aligned
/// @param length  bytes in use, a multiple of 4096
public record HostBlock(String name, long address, long length) {}
