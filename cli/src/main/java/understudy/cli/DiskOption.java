package understudy.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import understudy.model.ByteSize;
import understudy.model.VolumeSpec;

/// What somebody wrote behind `--disk`: the size of an empty disk, or the path of an image.
record DiskOption(Optional<ByteSize> size, Optional<Path> image) {

    /// What reads as a size is one, unless there is a file of that name.
    ///
    /// @throws IllegalArgumentException with a text for people, if it is neither
    static DiskOption parse(String text) {
        Path path = Path.of(text);
        if (Files.exists(path)) {
            return new DiskOption(Optional.empty(), Optional.of(path));
        }
        ByteSize size;
        try {
            size = ByteSize.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'%s' is neither a size such as 10G nor an image that is there".formatted(text), e);
        }
        VolumeSpec.checkSize(size);
        return new DiskOption(Optional.of(size), Optional.empty());
    }
}
