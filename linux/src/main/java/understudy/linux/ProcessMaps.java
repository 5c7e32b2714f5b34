package understudy.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What is mapped where in a process, as `/proc/PID/maps` tells at one moment.
///
/// @param mappings in the order of their addresses
public record ProcessMaps(List<Mapping> mappings) {

    public ProcessMaps {
        mappings = List.copyOf(mappings);
    }

    /// One line of the file.
    ///
    /// @param offset of the range's first byte in the file, in bytes
    /// @param name   the file's path as the process's mount namespace had it, `[heap]` and the like, or empty
    public record Mapping(AddressRange range, String permissions, long offset, String name) {}

    /// @throws IOException if there is no such process, or if it may not be looked at
    public static ProcessMaps of(long pid) throws IOException {
        Path file = Path.of("/proc", Long.toString(pid), "maps");
        try {
            return parse(Files.readAllLines(file));
        } catch (NoSuchFileException e) {
            throw new IOException("no process " + pid, e);
        }
    }

    /// @throws IOException at a line that is not of the form that proc(5) describes
    static ProcessMaps parse(List<String> lines) throws IOException {
        List<Mapping> mappings = new ArrayList<>(lines.size());
        for (String line : lines) {
            mappings.add(mapping(line));
        }
        return new ProcessMaps(mappings);
    }

    /// `start-end perms offset dev inode          name`: the name is what remains, spaces included.
    private static Mapping mapping(String line) throws IOException {
        String[] fields = line.split(" +", 6);
        int dash = fields[0].indexOf('-');
        if (fields.length < 5 || dash < 0) {
            throw new IOException("not a line of /proc/PID/maps: '" + line + "'");
        }
        try {
            long start = Long.parseUnsignedLong(fields[0].substring(0, dash), 16);
            long end = Long.parseUnsignedLong(fields[0].substring(dash + 1), 16);
            // The vsyscall page lies in the upper half of the address space; as a signed number it would be negative.
            AddressRange range = new AddressRange(start & Long.MAX_VALUE, end & Long.MAX_VALUE);
            return new Mapping(range, fields[1], Long.parseLong(fields[2], 16), fields.length == 6 ? fields[5] : "");
        } catch (IllegalArgumentException e) {
            throw new IOException("not a line of /proc/PID/maps: '" + line + "'", e);
        }
    }

    /// The range that holds `file` from its first byte on; the kernel may show it as several adjacent mappings,
    /// which are joined. Empty if the process does not map the file's beginning. Of two such ranges, the lower
    /// one.
    public Optional<AddressRange> find(Path file) {
        String name = file.toAbsolutePath().normalize().toString();
        Optional<AddressRange> found = Optional.empty();
        for (Mapping mapping : mappings) {
            if (mapping.name().equals(name)) {
                AddressRange range = mapping.range();
                if (found.isEmpty() && mapping.offset() == 0) {
                    found = Optional.of(range);
                } else if (found.isPresent()
                        && found.get().end() == range.start()
                        && mapping.offset() == found.get().length()) {
                    found = Optional.of(new AddressRange(found.get().start(), range.end()));
                }
            }
        }
        return found;
    }
}
