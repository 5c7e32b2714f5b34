package understudy.qemu;

import java.io.IOException;

/// Bytes that are no migration stream of the form that we know. Nothing was done with them.
public final class MigrationStreamException extends IOException {
    private static final long serialVersionUID = 1;

    private final long offset;
    private final String expected;

    MigrationStreamException(long offset, String expected, String found) {
        super("migration stream, offset %d: expected %s, found %s".formatted(offset, expected, found));
        this.offset = offset;
        this.expected = expected;
    }

    /// Where the unexpected thing begins, in bytes from the start.
    public long offset() {
        return offset;
    }

    public String expected() {
        return expected;
    }
}
