package understudy.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import understudy.model.Problem;

/// Builds the lab guest from Debian's cloud kernel, busybox and a few programs of our own, once: the result is
/// kept in the cache under a hash of what goes into it.
public final class GuestBuild {
    private static final List<String> SOURCES = List.of("init", "tools.c", "services.c", "load.c", "disk.c");
    private static final String KERNEL_PACKAGE = "linux-image-cloud-amd64";
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(10);
    private static final List<String> MODULES = List.of(
            "drivers/virtio/virtio",
            "drivers/virtio/virtio_ring",
            "drivers/virtio/virtio_pci_modern_dev",
            "drivers/virtio/virtio_pci_legacy_dev",
            "drivers/virtio/virtio_pci",
            "drivers/block/virtio_blk",
            "net/core/failover",
            "drivers/net/net_failover",
            "drivers/net/virtio_net");

    private final Path cache;
    private final Progress progress;

    /// @param cache a folder for built things; made if it is not there
    public GuestBuild(Path cache, Progress progress) {
        this.cache = cache.resolve("guest");
        this.progress = progress;
    }

    /// The guest, built if it is not in the cache. Two processes may build at once; the first one's result is
    /// kept.
    ///
    /// @throws Problem.Refused if a package cannot be downloaded, or a tool is missing or fails
    public LabGuest guest() {
        Path done = cache.resolve(key());
        try {
            if (!Files.isDirectory(done)) {
                build(done);
            }
        } catch (IOException e) {
            throw Shell.failure("build the lab guest in " + cache, e);
        }
        return new LabGuest(done.resolve("vmlinuz"), done.resolve("initrd"));
    }

    private void build(Path done) throws IOException {
        if (!Files.isExecutable(BUSYBOX)) {
            throw Problem.of("missing-program", "The lab guest needs " + BUSYBOX, "apt-get install busybox-static")
                    .refused();
        }
        Files.createDirectories(cache);
        Path work = Files.createTempDirectory(cache, "build");
        try {
            assemble(work);
            publish(work.resolve("out"), done);
        } finally {
            LabFolders.delete(work);
        }
        progress.step("the lab guest is built");
    }

    private void assemble(Path work) throws IOException {
        Path root = work.resolve("root");
        Path out = work.resolve("out");
        for (String folder : List.of("bin", "proc", "sys", "dev", "mod", "tmp", "etc")) {
            Files.createDirectories(root.resolve(folder));
        }
        Files.createDirectories(out);
        Path kernel = kernel(work);
        Files.copy(only(kernel.resolve("boot"), "vmlinuz-"), out.resolve("vmlinuz"));
        addModules(kernel, root.resolve("mod"));
        progress.step("compiling the guest's programs");
        addPrograms(work, root);
        // Uncompressed, because an emulated CPU takes longer to unpack it than QEMU to load it.
        sh("cd \"$1\" && find . | cpio --quiet -o -H newc >\"$2\"", root, out.resolve("initrd"));
    }

    /// Downloads and unpacks the kernel's package; nothing is installed.
    private Path kernel(Path work) {
        String name = kernelPackage().orElseGet(() -> {
            progress.step("apt-get update, because it knows no " + KERNEL_PACKAGE);
            Shell.of("apt-get", "-q", "update").run(DOWNLOAD_LIMIT);
            return kernelPackage()
                    .orElseThrow(() -> Problem.of(
                                    "no-kernel",
                                    "apt knows no package " + KERNEL_PACKAGE,
                                    "The lab guest is built on Debian; see /etc/apt/sources.list")
                            .refused());
        });
        progress.step("downloading the guest's kernel, " + name);
        Shell.of("sh", "-c", "cd \"$1\" && apt-get -q download \"$2\" && dpkg -x linux-image-*.deb kernel", "sh")
                .and(List.of(work.toString(), name))
                .run(DOWNLOAD_LIMIT);
        return work.resolve("kernel");
    }

    private static Optional<String> kernelPackage() {
        return Shell.attempt("apt-cache", "depends", KERNEL_PACKAGE)
                .run()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("Depends: linux-image-"))
                .map(line -> line.substring("Depends: ".length()))
                .findFirst();
    }

    private static void addModules(Path kernel, Path to) throws IOException {
        Path tree = Stream.of("lib/modules", "usr/lib/modules")
                .map(kernel::resolve)
                .filter(Files::isDirectory)
                .findFirst()
                .orElse(kernel);
        Path modules = only(tree, "").resolve("kernel");
        for (String module : MODULES) {
            String name = module.substring(module.lastIndexOf('/') + 1);
            Path target = to.resolve(name + ".ko");
            Path plain = modules.resolve(module + ".ko");
            Path packed = modules.resolve(module + ".ko.xz");
            if (Files.exists(plain)) {
                Files.copy(plain, target);
            } else if (Files.exists(packed)) {
                sh("xz -dc \"$1\" >\"$2\"", packed, target);
            }
        }
    }

    private static void addPrograms(Path work, Path root) throws IOException {
        Files.copy(BUSYBOX, root.resolve("bin/busybox"));
        for (String source : SOURCES) {
            Files.write(work.resolve(source), resource(source));
        }
        sh(
                "cd \"$1\" && gcc -static -O2 -pthread -s -o \"$2/bin/services\" tools.c services.c load.c disk.c"
                        + " && ln \"$2/bin/services\" \"$2/bin/load\" && ln \"$2/bin/services\" \"$2/bin/disk\" && install -m755 init \"$2/init\"",
                work,
                root);
    }

    /// The only entry of `folder` whose name begins so.
    private static Path only(Path folder, String beginning) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(beginning))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no " + beginning + "* in " + folder));
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

    private static void sh(String script, Path... words) {
        Shell.of("sh", "-c", script, "sh")
                .and(Stream.of(words).map(Path::toString).toList())
                .run();
    }

    private static String key() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String source : SOURCES) {
                digest.update(source.getBytes(StandardCharsets.UTF_8));
                digest.update(resource(source));
            }
            digest.update(String.join(",", MODULES).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream stream = GuestBuild.class.getResourceAsStream("guest/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("guest/" + name + " is missing from the lab's jar");
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("guest/" + name + " cannot be read", e);
        }
    }
}
