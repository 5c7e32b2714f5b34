package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Where the lab keeps its files. There is one lab per machine, so these are fixed.
final class LabFolders {
    /// Each node's data folder, by name; it survives a power loss, not `lab down`.
    static final Path DATA = Path.of("/var/lib/understudy-lab");

    /// The lab's own record.
    static final Path RUN = Path.of("/run/understudy-lab");

    /// Where a node finds its data folder, on the inside; outside it is only a place to mount on.
    static final Path INSIDE_DATA = Path.of("/var/lib/understudy");

    /// One URL of the REST API per line: how every command finds a cluster on this machine.
    static final Path URLS = Path.of("/run/understudy/urls");

    /// Holds [#URLS].
    static final Path SHARED_RUN = Path.of("/run/understudy");

    private LabFolders() {}

    static Path data(String node) {
        return DATA.resolve(node);
    }

    /// The file that is a host's disk for volumes.
    static Path disk(String host) {
        return DATA.resolve(host + ".disk");
    }

    static Path bootLog(String node) {
        return DATA.resolve(node + ".boot");
    }

    static Path agentOutput(String node) {
        return data(node).resolve("agent.out");
    }

    static Path earlierAgentOutput(String node) {
        return data(node).resolve("agent.out.1");
    }

    static void create(List<Path> folders) {
        try {
            for (Path folder : folders) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw Shell.failure("create the lab's folders", e);
        }
    }

    /// All-or-nothing: a reader sees the old text or the new.
    static void write(Path file, String text) {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Shell.failure("write " + file, e);
        }
    }

    /// Deletes a folder with all that is in it, or a file; does nothing if it is not there. Links are not
    /// followed.
    static void delete(Path root) {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw Shell.failure("delete " + root, e);
        }
    }

    /// Deletes all that is in a folder, but for one file.
    static void empty(Path folder, String kept) {
        List<Path> inside;
        try (Stream<Path> files = Files.list(folder)) {
            inside = files.filter(file -> !file.getFileName().toString().equals(kept))
                    .toList();
        } catch (IOException e) {
            throw Shell.failure("list " + folder, e);
        }
        inside.forEach(LabFolders::delete);
    }

    static void deleteIfEmpty(Path folder) {
        try (Stream<Path> files = Files.exists(folder) ? Files.list(folder) : Stream.of(folder)) {
            if (files.findAny().isEmpty()) {
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw Shell.failure("delete " + folder, e);
        }
    }
}
