package understudy.lab.demo;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/// What happened in a demonstration, told as it happens.
final class Timeline {
    private final PrintStream out;
    private final long origin = System.nanoTime();
    private final List<Entry> entries = new ArrayList<>();

    record Entry(long ms, String text) {}

    Timeline(PrintStream out) {
        this.out = out;
    }

    void tell(String told) {
        long ms = (System.nanoTime() - origin) / 1_000_000;
        entries.add(new Entry(ms, told));
        out.printf("%7.1f s  %s%n", ms / 1e3, told);
    }

    List<Entry> entries() {
        return List.copyOf(entries);
    }
}
