package understudy.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The mappings of a process that could each hold one RAM block: QEMU maps every block by itself, as private
/// memory without a file, and an inaccessible page behind it.
record PrivateMappings(List<Range> ranges) {
    private static final Pattern LINE =
            Pattern.compile("([0-9a-f]{1,16})-([0-9a-f]{1,16}) (\\S{4}) [0-9a-f]+ (\\S+) (\\d+).*");

    /// @param end exclusive
    record Range(long start, long end) {
        long length() {
            return end - start;
        }
    }

    PrivateMappings {
        ranges = List.copyOf(ranges);
    }

    /// @param maps the lines of `/proc/PID/maps`
    static PrivateMappings parse(List<String> maps) {
        List<Range> ranges = new ArrayList<>();
        Range last = new Range(0, 0);
        for (String line : maps) {
            Matcher m = LINE.matcher(line);
            if (!m.matches()) {
                continue;
            }
            Range range = new Range(Long.parseUnsignedLong(m.group(1), 16), Long.parseUnsignedLong(m.group(2), 16));
            boolean isGuard = m.group(3).equals("---p") && range.start() == last.end();
            if (isGuard && last.length() > 0) {
                ranges.add(last);
            }
            boolean isMemory = m.group(3).equals("rw-p") && m.group(5).equals("0");
            last = isMemory ? range : new Range(0, 0);
        }
        return new PrivateMappings(ranges);
    }

    /// Where a block of this length may begin: mappings of just this length, or, if there is none, the ends
    /// of longer ones (the kernel may have merged the block's mapping with one below it).
    List<Long> candidates(long length) {
        List<Long> exact = startsOf(length, length);
        return exact.isEmpty() ? startsOf(length, Long.MAX_VALUE) : exact;
    }

    private List<Long> startsOf(long length, long lengthMax) {
        return ranges.stream()
                .filter(r -> r.length() >= length && r.length() <= lengthMax)
                .map(r -> r.end() - length)
                .toList();
    }
}
