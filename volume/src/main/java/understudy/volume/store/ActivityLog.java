package understudy.volume.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/// Which extents may have writes under way, and when each was touched last.
///
/// Rule 4 (design, section 3.1): an extent enters the log, durably, before a write into it is issued to any
/// replica. [Content] refuses to write into one that is not there.
///
/// Threads: changed under the order lock; [#pages], [#extents] and [#size] by any.
final class ActivityLog {
    static final int MAX = ReplicaFormat.LOG_EXTENTS;
    private static final int HEAT_MAX = MAX / 2;
    private static final int RETIREMENT_WANTED = MAX * 3 / 4;

    /// How many extents more become hot with those that a sequential writer needs now, while there is room.
    private static final int AHEAD = 8;

    private final Metadata metadata;
    private final ChecksumPages pages;

    /// For whoever looks in from outside the order lock. Never held while a disk is waited for.
    private final ReentrantLock lock = new ReentrantLock();

    private final ChecksumPage[] hot = new ChecksumPage[MAX];
    private int count;
    private final int[] numbers = new int[MAX];

    private final int[] cold = new int[HEAT_MAX];
    private int coldCount;

    private long clock;

    /// Names the retirement that may finish.
    private long retirement;

    final LongAdder retired = new LongAdder();

    ActivityLog(Metadata metadata, ChecksumPages pages) {
        this.metadata = metadata;
        this.pages = pages;
    }

    /// Takes over what the log on disk says.
    void restore(int[] extents) {
        for (int extent : extents) {
            if (pages.present(extent) == null) {
                add(pages.heatedUnknown(extent));
            }
        }
    }

    boolean touch(int first, int last) {
        boolean isHot = true;
        long now = ++clock;
        for (int extent = first; extent <= last; extent++) {
            ChecksumPage page = pages.present(extent);
            if (page != null && page.isHot) {
                page.touched = now;
            } else {
                isHot = false;
                remember(extent);
            }
        }
        return isHot;
    }

    private void remember(int extent) {
        for (int i = coldCount - 1; i >= 0; i--) {
            if (cold[i] == extent) {
                return;
            }
        }
        if (coldCount == HEAT_MAX) {
            coldCount = 0;
            throw new IllegalArgumentException("a batch in more than " + HEAT_MAX + " cold extents");
        }
        cold[coldCount++] = extent;
    }

    boolean heat(int extents) throws DiskFailedException {
        if (coldCount == 0) {
            return true;
        }
        int wanted = coldCount;
        coldCount = 0;
        if (count + wanted > MAX) {
            return false;
        }
        long now = ++clock;
        int first = cold[0];
        int last = cold[wanted - 1];
        for (int i = 0; i < wanted; i++) {
            heat(cold[i], now);
        }
        if (isHot(first - 1)) {
            for (int extent = last + 1; extent <= last + AHEAD && extent < extents; extent++) {
                if (count < RETIREMENT_WANTED && !isHot(extent)) {
                    heat(extent, now);
                }
            }
        }
        write();
        return true;
    }

    private boolean isHot(int extent) {
        ChecksumPage page = extent < 0 ? null : pages.present(extent);
        return page != null && page.isHot;
    }

    private void heat(int extent, long now) throws DiskFailedException {
        ChecksumPage page = pages.heated(extent);
        page.touched = now;
        add(page);
    }

    private void add(ChecksumPage page) {
        lock.lock();
        try {
            hot[count++] = page;
        } finally {
            lock.unlock();
        }
    }

    /// Makes what is in memory the log on disk.
    void write() throws DiskFailedException {
        for (int i = 0; i < count; i++) {
            numbers[i] = hot[i].extent;
        }
        metadata.writeLog(numbers, count);
    }

    boolean wantsRetirement() {
        lock.lock();
        try {
            return count >= RETIREMENT_WANTED;
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return count;
        } finally {
            lock.unlock();
        }
    }

    int[] extents() {
        return pages().stream().mapToInt(page -> page.extent).sorted().toArray();
    }

    List<ChecksumPage> pages() {
        lock.lock();
        try {
            return List.of(Arrays.copyOf(hot, count));
        } finally {
            lock.unlock();
        }
    }

    /// Starts to retire those that were not touched for longest. A retirement that was started before comes to
    /// nothing.
    Chosen choose(int max) {
        long[] keys = new long[count];
        for (int i = 0; i < count; i++) {
            keys[i] = hot[i].touched * MAX + i;
        }
        Arrays.sort(keys);
        List<ChecksumPage> chosen = new ArrayList<>(Math.min(max, count));
        for (int i = 0; i < Math.min(max, count); i++) {
            chosen.add(hot[(int) (keys[i] % MAX)]);
        }
        return new Chosen(chosen, ++clock, ++retirement);
    }

    /// Chooses all of which nothing is to be computed first.
    Chosen chooseKnown() {
        return new Chosen(pages().stream().filter(ChecksumPage::isKnown).toList(), ++clock, ++retirement);
    }

    /// Extents that are to be retired.
    ///
    /// @param since  the time of the choice
    /// @param number of the retirement
    record Chosen(List<ChecksumPage> pages, long since, long number) {}

    /// Drops those of the chosen ones that were not touched since. The log on disk, which has more, follows with
    /// the next write.
    ///
    /// @param ready those of which everything is durable
    int drop(Chosen chosen, Set<ChecksumPage> ready) {
        if (chosen.number != retirement) {
            return 0;
        }
        retirement++;
        int dropped = 0;
        lock.lock();
        try {
            int kept = 0;
            for (int i = 0; i < count; i++) {
                ChecksumPage page = hot[i];
                if (page.touched <= chosen.since && page.isKnown() && ready.contains(page)) {
                    pages.cool(page);
                    dropped++;
                } else {
                    hot[kept++] = page;
                }
            }
            count = kept;
        } finally {
            lock.unlock();
        }
        retired.add(dropped);
        return dropped;
    }
}
