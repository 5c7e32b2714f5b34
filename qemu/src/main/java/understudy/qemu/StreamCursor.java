package understudy.qemu;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads big-endian values from an array and never past its end.
final class StreamCursor {
    private final byte[] bytes;
    private int at;

    StreamCursor(byte[] bytes) {
        this.bytes = bytes;
    }

    int offset() {
        return at;
    }

    int remaining() {
        return bytes.length - at;
    }

    int peek(String what) throws MigrationStreamException {
        need(1, what);
        return bytes[at] & 0xff;
    }

    int u8(String what) throws MigrationStreamException {
        int value = peek(what);
        at++;
        return value;
    }

    int u16(String what) throws MigrationStreamException {
        return (u8(what) << 8) | u8(what);
    }

    int i32(String what) throws MigrationStreamException {
        need(4, what);
        return (u16(what) << 16) | u16(what);
    }

    long i64(String what) throws MigrationStreamException {
        need(8, what);
        return ((long) i32(what) << 32) | (i32(what) & 0xffff_ffffL);
    }

    /// Takes `length` bytes.
    ///
    /// @param length as read from the stream, so any value
    byte[] take(long length, String what) throws MigrationStreamException {
        need(length, what);
        byte[] taken = Arrays.copyOfRange(bytes, at, at + (int) length);
        at += (int) length;
        return taken;
    }

    void copyTo(byte[] target, int offset, int length, String what) throws MigrationStreamException {
        need(length, what);
        System.arraycopy(bytes, at, target, offset, length);
        at += length;
    }

    /// An identifier behind its one-byte length: 1 to 255 printable ASCII characters.
    String name(String what) throws MigrationStreamException {
        int start = at;
        String name = new String(take(u8(what), what), StandardCharsets.ISO_8859_1);
        if (name.isEmpty() || !name.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw unexpected(start, what, "no identifier");
        }
        return name;
    }

    byte[] between(int from, int to) {
        return Arrays.copyOfRange(bytes, from, to);
    }

    void expect(int value, String what) throws MigrationStreamException {
        int start = at;
        int found = u8(what);
        if (found != value) {
            throw unexpected(start, what, "0x%02x".formatted(found));
        }
    }

    void expect32(int value, String what) throws MigrationStreamException {
        int start = at;
        int found = i32(what);
        if (found != value) {
            throw unexpected(start, what, "0x%08x".formatted(found));
        }
    }

    MigrationStreamException unexpected(int offset, String expected, String found) {
        return new MigrationStreamException(offset, expected, found);
    }

    private void need(long length, String what) throws MigrationStreamException {
        if (length < 0 || length > remaining()) {
            throw unexpected(at, what, "the end after " + remaining() + " bytes");
        }
    }
}
