package understudy.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import understudy.model.Problem;

/// The control group of one host's processes: by it the kernel holds back what they read from a disk.
///
/// Both kinds of hierarchy will do: version 1 with the controller `blkio`, version 2 with `io`. A host begins
/// its life in its group, so all that it starts is in there, too.
///
/// @param folder the group
/// @param isUnified whether it is one of version 2
record ControlGroup(Path folder, boolean isUnified) {
    private static final Path MOUNTS = Path.of("/proc/self/mounts");
    private static final Duration REMOVAL_LIMIT = Duration.ofSeconds(5);
    /// The least that the kernel takes for a limit: a page then takes more than an hour.
    private static final int BYTES_PER_SECOND = 1;

    /// Where groups that can hold back a disk's readers are made.
    ///
    /// @param root      of the hierarchy
    /// @param isUnified whether it is one of version 2
    record Hierarchy(Path root, boolean isUnified) {
        ControlGroup group(String host) {
            return new ControlGroup(root.resolve(Namespace.PREFIX + host), isUnified);
        }

        /// @param mounts the text of `/proc/self/mounts`
        static Optional<Hierarchy> in(String mounts) {
            List<String[]> lines =
                    mounts.lines().map(line -> line.split(" ", -1)).toList();
            Optional<Hierarchy> separate = lines.stream()
                    .filter(words -> words[2].equals("cgroup")
                            && List.of(words[3].split(",", -1)).contains("blkio"))
                    .map(words -> new Hierarchy(Path.of(words[1]), false))
                    .findFirst();
            return separate.or(() -> lines.stream()
                    .filter(words -> words[2].equals("cgroup2"))
                    .map(words -> new Hierarchy(Path.of(words[1]), true))
                    .findFirst());
        }
    }

    private static Optional<Hierarchy> hierarchy() {
        try {
            return Hierarchy.in(Files.readString(MOUNTS, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw Shell.failure("read the mounts", e);
        }
    }

    /// Makes a host's group, if it is not there; empty where the kernel has no control groups.
    static Optional<ControlGroup> create(String host) {
        Optional<ControlGroup> group = of(host);
        group.ifPresent(ControlGroup::create);
        return group;
    }

    /// A host's group, whether or not it has been made.
    static Optional<ControlGroup> of(String host) {
        return hierarchy().map(hierarchy -> hierarchy.group(host));
    }

    private void create() {
        try {
            Files.createDirectories(folder);
            if (isUnified) {
                Files.writeString(folder.resolveSibling("cgroup.subtree_control"), "+io");
            }
        } catch (IOException withoutTheController) {
            // Seen, and told, when a disk is to hang: all else works without it.
        }
    }

    /// Whoever writes `0` to this file is in the group, with all whom he starts from then on.
    Path door() {
        return folder.resolve("cgroup.procs");
    }

    /// Words before a command that let it wait for a host's disk as the host's own processes do.
    static List<String> joining(String host) {
        String script = "{ echo 0 >\"$0\"; } 2>/dev/null; exec \"$@\"";
        return of(host).map(group -> List.of("sh", "-c", script, group.door().toString()))
                .orElse(List.of());
    }

    private Path limit() {
        return folder.resolve(isUnified ? "io.max" : "blkio.throttle.read_bps_device");
    }

    /// @throws Problem.Refused if this kernel cannot hold readers back
    void requireLimit() {
        if (!Files.exists(limit())) {
            throw cannotHang("there is no " + limit());
        }
    }

    static Problem.Refused cannotHang(String cause) {
        return Problem.of(
                        "no-throttle",
                        "This machine cannot make a disk hang for its readers",
                        "Mount control groups with the controller blkio (version 1) or io (version 2); other faults work")
                .because(cause)
                .refused();
    }

    /// Lets the group's processes read next to nothing from a device.
    void holdReaders(LoopDevice device) throws IOException {
        write(device.number() + (isUnified ? " rbps=" : " ") + BYTES_PER_SECOND);
    }

    /// Lets them read again, those that wait as well. Does nothing if they may.
    void letReadersGo(LoopDevice device) {
        try {
            write(device.number() + (isUnified ? " rbps=max" : " 0"));
        } catch (IOException gone) {
            // The group or the device: then nobody is held.
        }
    }

    private void write(String rule) throws IOException {
        Files.write(limit(), rule.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
    }

    /// All of the lab's, whoever made them.
    static List<ControlGroup> all() {
        Optional<Hierarchy> hierarchy = hierarchy();
        if (hierarchy.isEmpty()) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(hierarchy.get().root())) {
            return folders.filter(folder -> folder.getFileName().toString().startsWith(Namespace.PREFIX))
                    .map(folder -> new ControlGroup(folder, hierarchy.get().isUnified()))
                    .toList();
        } catch (IOException e) {
            throw Shell.failure("list the control groups", e);
        }
    }

    /// Removes the group; its processes must have died, which the kernel notes a moment later.
    void remove() {
        Await.holds(REMOVAL_LIMIT, () -> {
            try {
                Files.deleteIfExists(folder);
                return true;
            } catch (IOException busy) {
                return false;
            }
        });
    }
}
