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
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import understudy.model.Problem;

/// Builds the lab guest from Debian's cloud kernel, busybox and a few programs of our own, once: the result is
/// kept in the cache under a hash of what goes into it. A kernel is downloaded once for all of them.
public final class GuestBuild {
    private static final List<String> SOURCES = List.of("init", "tools.c", "services.c", "load.c", "disk.c");
    private static final String KERNEL_PACKAGE = "linux-image-cloud-amd64";
    /// Debian's usual kernel, which has more drivers, is twice as large, and boots more slowly.
    private static final String FULL_KERNEL_PACKAGE = "linux-image-amd64";
    private static final String MEMTEST_PACKAGE = "memtest86+";
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    /// Programs of the machine that a guest gets, with all libraries that they need, under the names that it knows
    /// them by.
    private record Tools(List<Tool> all, String packages) {}

    private record Tool(Path path, Path name) {
        Tool(String path) {
            this(Path.of(path), Path.of(path));
        }
    }

    /// Who tests disks from within a guest wants them.
    private static final Tools OF_DISKS = new Tools(
            List.of(new Tool("/usr/bin/fio"), new Tool("/sbin/mkfs.ext4"), new Tool("/sbin/e2fsck")), "fio e2fsprogs");

    /// Redis knows by its name which of its programs it is.
    private static final Tools APPLICATIONS = new Tools(
            List.of(
                    new Tool("/usr/bin/iperf3"),
                    new Tool("/usr/bin/stress-ng"),
                    new Tool(Path.of("/usr/bin/redis-check-rdb"), Path.of("/usr/bin/redis-server"))),
            "iperf3 stress-ng redis-tools");

    private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(10);
    /// The name of the file in a guest's `/mod` that says in which order its modules are loaded.
    private static final String ORDER = "order";

    /// Each after those that it uses. A kernel that has one of them built in has no file of it.
    private static final List<String> MODULES = List.of(
            "drivers/virtio/virtio_ring",
            "drivers/virtio/virtio",
            "drivers/virtio/virtio_pci_modern_dev",
            "drivers/virtio/virtio_pci_legacy_dev",
            "drivers/virtio/virtio_pci",
            "drivers/block/virtio_blk",
            "net/core/failover",
            "drivers/net/net_failover",
            "drivers/net/virtio_net",
            "drivers/misc/pvpanic/pvpanic",
            "drivers/misc/pvpanic/pvpanic-mmio");
    private static final List<String> WITH_WATCHDOG = Stream.concat(
                    MODULES.stream(), Stream.of("drivers/watchdog/watchdog", "drivers/watchdog/i6300esb"))
            .toList();

    /// None of virtio: what any PC has.
    private static final List<String> OF_A_PC = List.of(
            "drivers/scsi/scsi_common",
            "drivers/scsi/scsi_mod",
            "drivers/ata/libata",
            "drivers/ata/libahci",
            "drivers/ata/ahci",
            "crypto/crct10dif_common",
            "lib/crc-t10dif",
            "lib/crc64",
            "lib/crc64-rocksoft",
            "block/t10-pi",
            "drivers/scsi/sd_mod",
            "drivers/cdrom/cdrom",
            "drivers/scsi/sr_mod",
            "drivers/net/ethernet/intel/e1000/e1000",
            "drivers/usb/common/usb-common",
            "drivers/usb/core/usbcore",
            "drivers/usb/host/xhci-hcd",
            "drivers/usb/host/xhci-pci",
            "drivers/hid/hid",
            "drivers/hid/usbhid/usbhid",
            "drivers/hid/hid-generic",
            "drivers/input/evdev");

    private final BuildCache cache;
    private final Progress progress;

    /// @param cache a folder for built things; made if it is not there
    public GuestBuild(Path cache, Progress progress) {
        this.cache = new BuildCache(cache.resolve("guest"), progress);
        this.progress = progress;
    }

    /// The guest, built if it is not in the cache. Two processes may build at once; the first one's result is
    /// kept.
    ///
    /// @throws Problem.Refused if a package cannot be downloaded, or a tool is missing or fails
    public LabGuest guest() {
        return inCache(key(MODULES), work -> assemble(work, KERNEL_PACKAGE, MODULES), "the lab guest is built");
    }

    /// The same programs with another kernel, which has the watchdog's driver. It needs about 60 MiB more memory.
    ///
    /// @throws Problem.Refused as [#guest]
    public LabGuest guestWithWatchdog() {
        return inCache(
                key(WITH_WATCHDOG),
                work -> assemble(work, FULL_KERNEL_PACKAGE, WITH_WATCHDOG),
                "the lab guest with a watchdog's driver is built");
    }

    /// The same programs with that kernel, and with drivers for emulated devices only: AHCI, e1000, a CD, USB.
    ///
    /// @throws Problem.Refused as [#guest]
    public LabGuest guestWithoutVirtio() {
        return inCache(
                key(OF_A_PC),
                work -> assemble(work, FULL_KERNEL_PACKAGE, OF_A_PC),
                "the lab guest without virtio's drivers is built");
    }

    /// The same guest that also has `fio`, `mkfs.ext4` and `e2fsck`. It needs about 100 MiB more memory.
    ///
    /// @throws Problem.Refused as [#guest]
    public LabGuest guestWithTools() {
        return guestWith(OF_DISKS);
    }

    /// The same guest that also has `iperf3`, `stress-ng` and `redis-server`. 448 MiB of memory are
    /// enough.
    ///
    /// @throws Problem.Refused as [#guest]
    public LabGuest guestWithApplications() {
        return guestWith(APPLICATIONS);
    }

    /// Debian's memtest86+, which boots as a kernel does, tells a serial port of what it finds, and needs no initrd.
    ///
    /// @throws Problem.Refused as [#guest]
    public Path memtest() {
        try {
            return unpacked(MEMTEST_PACKAGE).resolve("boot/memtest86+x64.bin");
        } catch (IOException e) {
            throw Shell.failure("unpack " + MEMTEST_PACKAGE + " in " + cache.folder(), e);
        }
    }

    private LabGuest guestWith(Tools tools) {
        LabGuest plain = guest();
        return inCache(
                key(MODULES) + "-" + key(tools), work -> addTools(plain, tools, work), "the lab guest has its tools");
    }

    private LabGuest inCache(String key, BuildCache.Recipe recipe, String told) {
        try {
            Path done = cache.get(key, recipe, told);
            return new LabGuest(done.resolve("vmlinuz"), done.resolve("initrd"));
        } catch (IOException e) {
            throw Shell.failure("build the lab guest in " + cache.folder(), e);
        }
    }

    private void assemble(Path work, String kernelPackage, List<String> modules) throws IOException {
        if (!Files.isExecutable(BUSYBOX)) {
            throw missing(BUSYBOX, "busybox-static");
        }
        Path root = work.resolve("root");
        Path out = work.resolve("out");
        for (String folder : List.of("bin", "proc", "sys", "dev", "mod", "tmp", "etc")) {
            Files.createDirectories(root.resolve(folder));
        }
        Path kernel = kernel(kernelPackage);
        Files.copy(only(kernel.resolve("boot"), "vmlinuz-"), out.resolve("vmlinuz"));
        addModules(kernel, modules, root.resolve("mod"));
        progress.step("compiling the guest's programs");
        addPrograms(work, root);
        pack(root, out.resolve("initrd"));
    }

    /// Uncompressed, because an emulated CPU takes longer to unpack it than QEMU to load it.
    private static void pack(Path root, Path initrd) {
        sh("cd \"$1\" && find . | cpio --quiet -o -H newc >>\"$2\"", root, initrd);
    }

    /// A second archive behind the first: the kernel unpacks both.
    private void addTools(LabGuest plain, Tools tools, Path work) throws IOException {
        progress.step("giving the guest "
                + tools.all().stream()
                        .map(tool -> tool.name().getFileName().toString())
                        .collect(Collectors.joining(", ")));
        Path root = work.resolve("root");
        Path out = work.resolve("out");
        for (Tool tool : tools.all()) {
            sh(
                    "for file in $(ldd \"$1\" | awk '/=> \\// {print $3} /^\\t\\// {print $1}'); do"
                            + " mkdir -p \"$2$(dirname \"$file\")\" && cp -L \"$file\" \"$2$file\" || exit; done",
                    tool.path(),
                    root);
            Path copy = root.resolve(tool.name().toString().substring(1));
            Files.createDirectories(copy.getParent());
            Files.copy(tool.path(), copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.copy(plain.kernel(), out.resolve("vmlinuz"));
        Files.copy(plain.initrd(), out.resolve("initrd"));
        pack(root, out.resolve("initrd"));
    }

    /// The newest one of a meta package.
    private Path kernel(String meta) throws IOException {
        String name = newest(meta).orElseGet(() -> {
            progress.step("apt-get update, because it knows no " + meta);
            Shell.of("apt-get", "-q", "update").run(DOWNLOAD_LIMIT);
            return newest(meta)
                    .orElseThrow(() -> Problem.of(
                                    "no-kernel",
                                    "apt knows no package " + meta,
                                    "The lab guest is built on Debian; see /etc/apt/sources.list")
                            .refused());
        });
        return unpacked(name);
    }

    /// The files of a package; nothing is installed.
    private Path unpacked(String name) throws IOException {
        return cache.get(name, work -> download(name, work), name + " is there");
    }

    private void download(String name, Path work) {
        progress.step("downloading " + name + " for the guest");
        Shell.of("sh", "-c", "cd \"$1\" && apt-get -q download \"$2\" && dpkg -x ./*.deb out", "sh")
                .and(List.of(work.toString(), name))
                .run(DOWNLOAD_LIMIT);
    }

    private static Optional<String> newest(String meta) {
        return Shell.attempt("apt-cache", "depends", meta)
                .run()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("Depends: linux-image-"))
                .map(line -> line.substring("Depends: ".length()))
                .findFirst();
    }

    private static void addModules(Path kernel, List<String> names, Path to) throws IOException {
        Path tree = Stream.of("lib/modules", "usr/lib/modules")
                .map(kernel::resolve)
                .filter(Files::isDirectory)
                .findFirst()
                .orElse(kernel);
        Path modules = only(tree, "").resolve("kernel");
        List<String> order = new ArrayList<>();
        for (String module : names) {
            String name = module.substring(module.lastIndexOf('/') + 1);
            Path target = to.resolve(name + ".ko");
            Path plain = modules.resolve(module + ".ko");
            Path packed = modules.resolve(module + ".ko.xz");
            if (Files.exists(plain)) {
                Files.copy(plain, target);
            } else if (Files.exists(packed)) {
                sh("xz -dc \"$1\" >\"$2\"", packed, target);
            } else {
                continue;
            }
            order.add(target.getFileName().toString());
        }
        Files.write(to.resolve(ORDER), order);
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

    private static void sh(String script, Path... words) {
        Shell.of("sh", "-c", script, "sh")
                .and(Stream.of(words).map(Path::toString).toList())
                .run();
    }

    private static Problem.Refused missing(Path program, String packages) {
        return Problem.of("missing-program", "The lab guest needs " + program, "apt-get install " + packages)
                .refused();
    }

    private static String key(Tools tools) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Tool tool : tools.all()) {
                if (!Files.isExecutable(tool.path())) {
                    throw missing(tool.path(), tools.packages());
                }
                digest.update(tool.name().toString().getBytes(StandardCharsets.UTF_8));
                digest.update(Files.readAllBytes(tool.path()));
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        } catch (IOException e) {
            throw Shell.failure("read what the lab guest is to have", e);
        }
    }

    private static String key(List<String> modules) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String source : SOURCES) {
                digest.update(source.getBytes(StandardCharsets.UTF_8));
                digest.update(resource(source));
            }
            digest.update(String.join(",", modules).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static byte[] resource(String name) {
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
