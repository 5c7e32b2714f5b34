package understudy.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import understudy.model.ByteSize;
import understudy.model.VolumeSpec;

/// What somebody wrote behind `--disk`: the size of an empty disk, or the path of an image and perhaps the size of
/// a larger disk that begins with it.
record DiskOption(Optional<ByteSize> size, Optional<Path> image) {

    private static final String SIZE = ",size=";

    /// What reads as a size is one, unless there is a file of that name.
    ///
    /// @throws IllegalArgumentException with a text for people, if it is neither
    static DiskOption parse(String text) {
        Path path = Path.of(text);
        if (Files.exists(path)) {
            return new DiskOption(Optional.empty(), Optional.of(path));
        }
        int comma = text.lastIndexOf(SIZE);
        if (comma > 0 && Files.exists(Path.of(text.substring(0, comma)))) {
            return new DiskOption(
                    Optional.of(size(text.substring(comma + SIZE.length()))),
                    Optional.of(Path.of(text.substring(0, comma))));
        }
        ByteSize size;
        try {
            size = ByteSize.parse(text);
        } catch (IllegalArgumentException e) {
            String image = comma > 0 ? text.substring(0, comma) : text;
            throw new IllegalArgumentException(
                    "'%s' is neither a size such as 10G nor an image that is there".formatted(image), e);
        }
        VolumeSpec.checkSize(size);
        return new DiskOption(Optional.of(size), Optional.empty());
    }

    private static ByteSize size(String text) {
        ByteSize size = ByteSize.parse(text);
        VolumeSpec.checkSize(size);
        return size;
    }
}
