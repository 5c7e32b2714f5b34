package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// A named network namespace of the lab. Every one has a name that begins with [#PREFIX]: that is how `lab
/// down` finds what a `lab up` that was killed has left.
record Namespace(String name) {
    static final String PREFIX = "us-lab-";
    /// What network interfaces outside the namespaces begin with.
    static final String OUTSIDE_PREFIX = "us-";

    private static final Path FOLDER = Path.of("/run/netns");

    static final Namespace LAN = of("lan");

    static Namespace of(String node) {
        return new Namespace(PREFIX + node);
    }

    /// All that exist, complete or not.
    static List<Namespace> all() {
        if (!Files.isDirectory(FOLDER)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(PREFIX))
                    .sorted()
                    .map(Namespace::new)
                    .toList();
        } catch (IOException e) {
            throw Shell.failure("list the network namespaces", e);
        }
    }

    Path path() {
        return FOLDER.resolve(name);
    }

    boolean exists() {
        return Files.exists(path());
    }

    /// What identifies it in `/proc/PID/ns/net`; empty if it is gone.
    OptionalLong inode() {
        return Inodes.of(path());
    }

    void create() {
        Shell.run("ip", "netns", "add", name);
    }

    /// Ends its network interfaces, then its name. Sockets whose owners were killed may keep the nameless
    /// namespace for a minute or two, but without interfaces nobody hears of them.
    void delete() {
        Shell.attempt("ip", "-n", name, "-batch", "-", "-force")
                .with(linkDeletions())
                .run();
        Shell.attempt("ip", "netns", "del", name).run();
        try {
            Files.deleteIfExists(path());
        } catch (IOException e) {
            throw Shell.failure("delete the network namespace " + name, e);
        }
    }

    private String linkDeletions() {
        StringBuilder batch = new StringBuilder();
        for (String line :
                Shell.attempt("ip", "-n", name, "-brief", "link").run().lines().toList()) {
            String link = line.split("[ @]", 2)[0];
            if (!link.isEmpty() && !link.equals("lo")) {
                batch.append("link del ").append(link).append('\n');
            }
        }
        return batch.toString();
    }

    /// Runs lines of `ip -batch` in it.
    void ip(String batch) {
        Shell.of("ip", "-n", name, "-batch", "-").with(batch).run();
    }

    /// Runs an nftables script in it: all of it or nothing takes effect.
    void nft(String script) {
        Shell.of("nsenter", "--net=" + path(), "nft", "-f", "-").with(script).run();
    }

    void sysctl(List<String> settings) {
        String script = "for s; do echo \"${s#*=}\" >\"/proc/sys/${s%%=*}\"; done";
        Shell.of("nsenter", "--net=" + path(), "sh", "-c", script, "sh")
                .and(settings)
                .run();
    }

    @Override
    public String toString() {
        return name;
    }
}
