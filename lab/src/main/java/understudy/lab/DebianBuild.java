package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import understudy.model.Problem;

/// Builds a disk with this machine's Debian and PostgreSQL on it, once, by `mmdebstrap` from Debian's packages: the
/// result is kept in the cache under a hash of its recipe.
public final class DebianBuild {
    private static final String RECIPE = "debian.bash";
    private static final Duration LIMIT = Duration.ofMinutes(15);

    private record Need(Path program, String debianPackage) {}

    private static final List<Need> NEEDS = List.of(
            new Need(Path.of("/usr/bin/mmdebstrap"), "mmdebstrap"),
            new Need(Path.of("/usr/bin/extlinux"), "extlinux"),
            new Need(Path.of("/usr/bin/qemu-img"), "qemu-utils"));

    private final BuildCache cache;
    private final Progress progress;

    /// @param cache a folder for built things; made if it is not there
    public DebianBuild(Path cache, Progress progress) {
        this.cache = new BuildCache(cache.resolve("guest"), progress);
        this.progress = progress;
    }

    /// The guest, built if it is not in the cache, which takes a minute or two and needs root. Two processes may build
    /// at once; the first one's result is kept.
    ///
    /// @throws Problem.Refused if a package cannot be downloaded, or a tool is missing or fails
    public DebianGuest guest() {
        try {
            Path done = cache.get("debian-" + key(), this::build, "the Debian guest is built");
            return new DebianGuest(done.resolve("disk.qcow2"), done.resolve("client"));
        } catch (IOException e) {
            throw Shell.failure("build the Debian guest in " + cache.folder(), e);
        }
    }

    /// In namespaces of its own, so that neither a mount nor a process outlives it, however it ends.
    private void build(Path work) throws IOException {
        for (Need need : NEEDS) {
            if (!Files.isExecutable(need.program())) {
                throw Problem.of(
                                "missing-program",
                                "The Debian guest needs " + need.program(),
                                "apt-get install " + need.debianPackage())
                        .refused();
            }
        }
        progress.step(
                "making a disk with Debian and PostgreSQL, from Debian's packages; it takes a minute or two, once");
        Files.write(work.resolve(RECIPE), GuestBuild.resource(RECIPE));
        Shell.of(
                        "unshare",
                        "--mount",
                        "--pid",
                        "--fork",
                        "--kill-child",
                        "--mount-proc",
                        "env",
                        "--chdir=" + work,
                        "TMPDIR=" + work,
                        "bash",
                        RECIPE,
                        work.resolve("out").toString())
                .run(LIMIT);
    }

    private static String key() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(GuestBuild.resource(RECIPE));
            return HexFormat.of().formatHex(digest).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
