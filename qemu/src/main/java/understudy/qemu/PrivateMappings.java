package understudy.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The mappings of a process that could each hold one RAM block: QEMU maps every block by itself, as private
/// memory without a file, and an inaccessible page behind it.
///
/// The kernel may have merged a block's mapping with one below it; and once part of a block was tracked, the
/// kernel keeps that part as a mapping of its own. So adjoining mappings are taken together.
record PrivateMappings(List<Run> runs) {
    private static final Pattern LINE =
            Pattern.compile("([0-9a-f]{1,16})-([0-9a-f]{1,16}) (\\S{4}) [0-9a-f]+ (\\S+) (\\d+).*");

    /// Adjoining mappings before an inaccessible one.
    ///
    /// @param starts of each mapping, ascending
    /// @param end    exclusive
    record Run(List<Long> starts, long end) {
        Run {
            starts = List.copyOf(starts);
        }
    }

    PrivateMappings {
        runs = List.copyOf(runs);
    }

    /// @param maps the lines of `/proc/PID/maps`
    static PrivateMappings parse(List<String> maps) {
        List<Run> runs = new ArrayList<>();
        List<Long> starts = new ArrayList<>();
        long end = 0;
        for (String line : maps) {
            Matcher m = LINE.matcher(line);
            if (!m.matches()) {
                continue;
            }
            long start = Long.parseUnsignedLong(m.group(1), 16);
            boolean adjoins = start == end;
            if (adjoins && m.group(3).equals("---p") && !starts.isEmpty()) {
                runs.add(new Run(starts, end));
            }
            boolean isMemory = m.group(3).equals("rw-p") && m.group(5).equals("0");
            if (!adjoins || !isMemory) {
                starts.clear();
            }
            if (isMemory) {
                starts.add(start);
            }
            end = Long.parseUnsignedLong(m.group(2), 16);
        }
        return new PrivateMappings(runs);
    }

    /// Where a block of this length may begin, if a mapping begins there: the likely places.
    List<Long> exact(long length) {
        return runs.stream()
                .filter(r -> r.starts().contains(r.end() - length))
                .map(r -> r.end() - length)
                .toList();
    }

    /// Where a block of this length may begin in the midst of a mapping.
    List<Long> within(long length) {
        return runs.stream()
                .filter(r ->
                        r.starts().getFirst() < r.end() - length && !r.starts().contains(r.end() - length))
                .map(r -> r.end() - length)
                .toList();
    }
}
