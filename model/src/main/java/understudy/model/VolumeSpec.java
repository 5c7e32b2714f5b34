package understudy.model;

import java.util.Optional;
import java.util.regex.Pattern;

/// What a volume is: one disk of a VM.
///
/// @param name  what people call it within its VM: `disk0`, `disk1`, …, in the guest's order
/// @param size  a multiple of 512 bytes, 1 MiB to 64 TiB; it may grow
/// @param image what it holds when the VM is created; zeros if there is none
public record VolumeSpec(VolumeId id, String name, ByteSize size, Optional<Image> image) {
    /// The most disks of one VM.
    public static final int DISKS_MAX = 8;

    private static final Pattern NAME = Pattern.compile("disk\\d");
    private static final ByteSize SIZE_MIN = ByteSize.ofMebibytes(1);
    private static final ByteSize SIZE_MAX = new ByteSize(64L << 40);
    private static final int SECTOR_BYTES = 512;

    public VolumeSpec {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("disk '" + name + "': disks are called disk0, disk1, …");
        }
        checkSize(size);
    }

    /// The name of a VM's disk of this number, from 0.
    public static String name(int index) {
        return "disk" + index;
    }

    /// @throws IllegalArgumentException with a text for people, if no volume can have this size
    public static void checkSize(ByteSize size) {
        if (size.compareTo(SIZE_MIN) < 0 || size.compareTo(SIZE_MAX) > 0 || size.bytes() % SECTOR_BYTES != 0) {
            throw new IllegalArgumentException(
                    "a disk of %s: whole sectors of 512 bytes, from %s to %s".formatted(size, SIZE_MIN, SIZE_MAX));
        }
    }

    public VolumeSpec grown(ByteSize larger) {
        return new VolumeSpec(id, name, larger, image);
    }

    /// A disk image that was uploaded.
    ///
    /// @param sha256 of the file, 64 lower-case hexadecimal digits
    public record Image(String sha256, Format format) {

        /// How the bytes of a disk lie in the file. The names are part of the outer surface.
        public enum Format {
            RAW,
            QCOW2;

            /// @throws IllegalArgumentException with a text for people, if it is no format that can be read
            public static Format parse(String text) {
                for (Format format : values()) {
                    if (format.toString().equals(text)) {
                        return format;
                    }
                }
                throw new IllegalArgumentException("no image format '" + text + "': raw or qcow2");
            }

            @Override
            public String toString() {
                return this == RAW ? "raw" : "qcow2";
            }
        }
    }
}
