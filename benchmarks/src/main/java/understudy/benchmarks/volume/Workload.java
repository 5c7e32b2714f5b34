package understudy.benchmarks.volume;

import java.util.List;
import java.util.Locale;

/// What a client does with a disk.
enum Workload {
    WRITE_D1("4 KiB random write, depth 1", "randwrite", 1),
    READ_D1("4 KiB random read, depth 1", "randread", 1),
    WRITE_D32("4 KiB random write, depth 32", "randwrite", 32),
    READ_D32("4 KiB random read, depth 32", "randread", 32),
    WRITE_1M("1 MiB write, depth 4", "write", 4),
    READ_1M("1 MiB read, depth 4", "read", 4),
    FSYNC_D1("4 KiB random write, flush after each, depth 1", "randwrite", 1),
    FSYNC_D32("4 KiB random write, flush after each, depth 32", "randwrite", 32);

    private final String title;
    private final String direction;
    private final int depth;

    Workload(String title, String direction, int depth) {
        this.title = title;
        this.direction = direction;
        this.depth = depth;
    }

    /// Whether it wants a real disk. The others measure what the software costs, on files in memory.
    boolean flushes() {
        return this == FSYNC_D1 || this == FSYNC_D32;
    }

    /// Whether its rate is counted in MB/s; else in requests a second.
    boolean isBulk() {
        return this == WRITE_1M || this == READ_1M;
    }

    boolean reads() {
        return direction.endsWith("read");
    }

    int depth() {
        return depth;
    }

    /// How fio is told.
    List<String> fio() {
        return List.of(
                "--rw=" + direction,
                "--bs=" + (isBulk() ? "1M" : "4k"),
                "--iodepth=" + depth,
                "--fsync=" + (flushes() ? 1 : 0));
    }

    /// For a table.
    String title() {
        return title;
    }

    String unit() {
        return isBulk() ? "MB/s" : "IOPS";
    }

    /// As on the command line.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
