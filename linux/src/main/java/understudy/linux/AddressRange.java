package understudy.linux;

/// A range of a process's address space.
///
/// @param start the first byte's address, in [0, end)
/// @param end   the address after the last byte's
public record AddressRange(long start, long end) {
    public AddressRange {
        if (start < 0 || start >= end) {
            throw new IllegalArgumentException("address range [%x, %x) is empty or negative".formatted(start, end));
        }
    }

    /// In bytes.
    public long length() {
        return end - start;
    }

    public boolean contains(long address) {
        return address >= start && address < end;
    }

    @Override
    public String toString() {
        return "%x-%x".formatted(start, end);
    }
}
