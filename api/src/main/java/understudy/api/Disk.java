package understudy.api;

import java.util.Optional;
import understudy.model.ByteSize;
import understudy.model.VolumeSpec;

/// A disk to be given to a new VM: an empty one of a size, or one with the content of an image.
///
/// @param size  a multiple of 512 bytes, 1 MiB to 64 TiB; the image's own where there is none
/// @param image SHA-256 of an uploaded disk image, raw or qcow2
public record Disk(Optional<ByteSize> size, Optional<String> image) {
    public Disk {
        if (size.isEmpty() && image.isEmpty()) {
            throw new IllegalArgumentException("a disk needs a size or an image");
        }
        size.ifPresent(VolumeSpec::checkSize);
        image.ifPresent(Sha256::checked);
    }
}
