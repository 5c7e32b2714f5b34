package understudy.qemu;

/// One piece of memory that QEMU migrates as RAM.
///
/// @param name         QEMU's identifier, such as `ram`, `pc.bios`, `/rom@etc/acpi/tables`
/// @param length       bytes in use, positive, a multiple of 4096
/// @param guestAddress where its memory region lies within the region that contains it, as `x-ignore-shared`
///                     streams tell it; source and target must agree
public record RamBlock(String name, long length, long guestAddress) {
    public RamBlock {
        if (name.isEmpty() || name.length() > 255 || length <= 0 || length % StreamFormat.PAGE != 0) {
            throw new IllegalArgumentException("RAM block '" + name + "' of " + length + " bytes");
        }
    }
}
