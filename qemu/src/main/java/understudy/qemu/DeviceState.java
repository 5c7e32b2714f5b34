package understudy.qemu;

import java.util.ArrayList;
import java.util.List;

/// The state of all devices and CPUs at one moment, as `xen-save-devices-state` writes it: an 8-byte header,
/// device sections, an end mark. Only QEMU knows what is in the sections: they have no lengths.
public final class DeviceState {
    private final byte[] bytes;

    private DeviceState(byte[] bytes) {
        this.bytes = bytes;
    }

    /// Checks the frame (header, first section's kind, end mark) and nothing within; cheap. The array is
    /// kept.
    public static DeviceState of(byte[] saved) throws MigrationStreamException {
        StreamCursor in = new StreamCursor(saved);
        in.expect32(StreamFormat.MAGIC, "the magic number of a migration stream");
        in.expect32(StreamFormat.VERSION, "version 3 of the format");
        int start = in.offset();
        int kind = in.peek("a device section");
        if (kind != StreamFormat.SECTION_FULL && kind != StreamFormat.SECTION_START) {
            throw in.unexpected(start, "a device section", "kind 0x%02x".formatted(kind));
        }
        if (saved[saved.length - 1] != StreamFormat.END_OF_STREAM) {
            throw in.unexpected(saved.length - 1, "the end mark", "0x%02x".formatted(saved[saved.length - 1]));
        }
        return new DeviceState(saved);
    }

    /// The whole as it was saved; not a copy.
    public byte[] bytes() {
        return bytes;
    }

    /// Bytes of device sections, the end mark included.
    int sectionsLength() {
        return bytes.length - StreamFormat.HEADER_LENGTH;
    }

    /// One device's section.
    ///
    /// @param id     its number in this VM
    /// @param name   such as `cpu` or `0000:00:01.0/virtio-net`
    /// @param length bytes, from its kind to its footer, both included
    public record Section(int id, String name, int instance, int version, int offset, int length) {}

    /// Finds the sections, to tell a whole state from a torn one. A section's end is known only by its footer
    /// followed by another section or by the end of it all, so this searches; some tens of microseconds.
    ///
    /// @throws MigrationStreamException if the state is torn
    public List<Section> sections() throws MigrationStreamException {
        List<Section> sections = new ArrayList<>();
        int at = StreamFormat.HEADER_LENGTH;
        while (at < bytes.length - 1) {
            Section section = sectionAt(at);
            sections.add(section);
            at += section.length();
        }
        return sections;
    }

    private Section sectionAt(int offset) throws MigrationStreamException {
        StreamCursor in = new StreamCursor(bytes);
        in.take(offset, "a device section");
        in.expect(StreamFormat.SECTION_FULL, "a device section");
        int id = in.i32("a section's number");
        String name = in.name("a device's name");
        int instance = in.i32("a device's instance");
        int version = in.i32("a device's version");
        for (int end = in.offset(); end + 5 < bytes.length; end++) {
            if (isFooter(end, id) && isBoundary(end + 5)) {
                return new Section(id, name, instance, version, offset, end + 5 - offset);
            }
        }
        throw in.unexpected(in.offset(), "the end of section '" + name + "'", "none");
    }

    private boolean isFooter(int at, int id) {
        return bytes[at] == StreamFormat.FOOTER
                && bytes[at + 1] == (byte) (id >>> 24)
                && bytes[at + 2] == (byte) (id >>> 16)
                && bytes[at + 3] == (byte) (id >>> 8)
                && bytes[at + 4] == (byte) id;
    }

    /// Whether another section, or the end of all, begins here.
    private boolean isBoundary(int at) {
        if (bytes[at] == StreamFormat.END_OF_STREAM) {
            return at == bytes.length - 1;
        }
        if (bytes[at] != StreamFormat.SECTION_FULL || at + 6 >= bytes.length) {
            return false;
        }
        int length = bytes[at + 5] & 0xff;
        if (length == 0 || at + 6 + length > bytes.length) {
            return false;
        }
        for (int i = at + 6; i < at + 6 + length; i++) {
            if (bytes[i] <= 0x20 || bytes[i] >= 0x7f) {
                return false;
            }
        }
        return true;
    }
}
