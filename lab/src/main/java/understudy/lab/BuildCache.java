package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Keeps things that take long to make, each in a folder under the name of what goes into it. Two processes may make
/// the same one at once; the first one's result is kept. One that is killed leaves an unfinished folder, which nobody
/// takes for the thing.
///
/// @param folder made if it is not there
record BuildCache(Path folder, Progress progress) {
    /// How a thing is made.
    interface Recipe {
        /// @param work an empty folder; what is to be kept goes into a folder `out` in it
        void follow(Path work) throws IOException;
    }

    /// The folder of a thing, which is made if it is not there.
    ///
    /// @param told said once it is made
    Path get(String name, Recipe recipe, String told) throws IOException {
        Path done = folder.resolve(name);
        if (!Files.isDirectory(done)) {
            make(done, recipe);
            progress.step(told);
        }
        return done;
    }

    private void make(Path done, Recipe recipe) throws IOException {
        Files.createDirectories(folder);
        Path work = Files.createTempDirectory(folder, "build");
        try {
            Path out = Files.createDirectories(work.resolve("out"));
            recipe.follow(work);
            publish(out, done);
        } finally {
            LabFolders.delete(work);
        }
    }

    private static void publish(Path out, Path done) throws IOException {
        try {
            Files.move(out, done, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!Files.isDirectory(done)) {
                throw e;
            }
        }
    }
}
