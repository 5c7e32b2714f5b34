package understudy.linux;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/// The small shared library that opens a userfaultfd inside a process that preloads it (`LD_PRELOAD`); see
/// `src/main/c/userfault-shim.c`. It travels in the jar.
public final class UserfaultShim {
    /// Where a process that has preloaded the shim has its userfaultfd.
    public static final int TRACKER_FD = 99;

    private static final String NAME = "userfault-shim.so";

    private UserfaultShim() {}

    /// Writes the library into `directory`, which must exist, replacing an older one atomically, so that a
    /// process which loads it meanwhile sees a whole file.
    ///
    /// @return the file to preload
    public static Path extract(Path directory) throws IOException {
        Path target = directory.resolve(NAME);
        Path temporary = Files.createTempFile(directory, NAME, ".part");
        try (InputStream library = Optional.ofNullable(UserfaultShim.class.getResourceAsStream(NAME))
                .orElseThrow(() -> new FileNotFoundException(NAME + " is not in the jar: was the build complete?"))) {
            Files.copy(library, temporary, StandardCopyOption.REPLACE_EXISTING);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return target;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
