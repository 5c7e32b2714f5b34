package understudy.linux;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// A small file that is replaced as a whole: whenever the power is lost, what is found later is all of the old
/// content or all of the new one, and once a call has returned it is the new one.
///
/// The steps: write beside it, sync that, rename it over the file, sync the folder. Without the last one the
/// rename itself may be lost.
public final class DurableFile {
    private static final String UNFINISHED = ".unfinished";

    private DurableFile() {}

    /// Nobody else may write the same file meanwhile. What an interrupted call left beside it, with the suffix
    /// `.unfinished`, is overwritten by the next one.
    public static void write(Path file, byte[] content) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
        try (FileChannel channel = FileChannel.open(unfinished, CREATE, TRUNCATE_EXISTING, WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(unfinished, file, ATOMIC_MOVE, REPLACE_EXISTING);
        syncFolderOf(file);
    }

    /// It does not come back. No mistake if it is not there.
    public static void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
        syncFolderOf(file);
    }

    private static void syncFolderOf(Path file) throws IOException {
        BlockFile.syncFolder(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    }
}
