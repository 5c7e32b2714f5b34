package understudy.benchmarks;

import java.util.Locale;

/// What a guest does while it is measured.
enum Work {
    /// Answers a client's echoes, one after the other.
    ECHO("echo", 0),
    /// Turns a loop, with nobody talking to it.
    LOOP("CPU loop", 0),
    DIRTY_8("echo, 8 MiB/s", 8),
    DIRTY_32("echo, 32 MiB/s", 32),
    DIRTY_128("echo, 128 MiB/s", 128),
    /// Writes to its disk, reads back, punches holes and flushes, with a rest after each request, beside the echoes.
    DISK("echo, disk", 0);

    private final String title;
    private final int dirtyMibPerSecond;

    Work(String title, int dirtyMibPerSecond) {
        this.title = title;
        this.dirtyMibPerSecond = dirtyMibPerSecond;
    }

    /// What it writes to its memory beside the echoes; 0 for nothing.
    int dirtyMibPerSecond() {
        return dirtyMibPerSecond;
    }

    /// For a table.
    String title() {
        return title;
    }

    /// As on the command line.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
