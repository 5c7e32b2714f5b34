package understudy.volume.store;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The checksum pages in memory: all of the hot extents, and some of the cold ones, as long as they are used.
///
/// A page comes and goes under its stripe's lock only, so nobody can put back a page that was read before it was
/// changed. The ring of cold pages is walked as a clock; its lock comes before those of stripes.
final class ChecksumPages {
    private static final int STRIPES = 16;

    private final Metadata metadata;
    private final ReentrantLock[] stripes =
            Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(ReentrantLock[]::new);
    private final ReentrantLock ringLock = new ReentrantLock();
    private final @Nullable ChecksumPage[] ring;
    private int hand;
    private volatile AtomicReferenceArray<@Nullable ChecksumPage> pages;

    /// Checksums of extents from here on are unknown, whatever is on disk.
    private volatile int computed;

    /// Extents whose record was found damaged and not yet computed: as many as there is damage.
    final ConcurrentSkipListSet<Integer> damaged = new ConcurrentSkipListSet<>();

    final LongAdder loads = new LongAdder();

    /// @param coldMax how many cold pages are kept
    ChecksumPages(Metadata metadata, int extents, int computed, int coldMax) {
        this.metadata = metadata;
        this.pages = new AtomicReferenceArray<>(extents);
        this.computed = computed;
        this.ring = new ChecksumPage[coldMax];
    }

    int computed() {
        return computed;
    }

    void computed(int newComputed) {
        computed = newComputed;
    }

    @Nullable
    ChecksumPage present(int extent) {
        return pages.get(extent);
    }

    /// The page of an extent, read if need be.
    ChecksumPage of(int extent) throws DiskFailedException {
        ChecksumPage page = pages.get(extent);
        if (page == null) {
            page = load(extent);
        }
        if (!page.isUsed) {
            page.isUsed = true;
        }
        return page;
    }

    private ChecksumPage load(int extent) throws DiskFailedException {
        ReentrantLock stripe = stripe(extent);
        ChecksumPage page;
        stripe.lock();
        try {
            page = loaded(extent);
        } finally {
            stripe.unlock();
        }
        admit(page);
        return page;
    }

    /// The page of an extent that is hot from here on.
    ChecksumPage heated(int extent) throws DiskFailedException {
        ReentrantLock stripe = stripe(extent);
        stripe.lock();
        try {
            ChecksumPage page = loaded(extent);
            page.isHot = true;
            return page;
        } finally {
            stripe.unlock();
        }
    }

    /// Under the stripe's lock.
    private ChecksumPage loaded(int extent) throws DiskFailedException {
        ChecksumPage page = pages.get(extent);
        if (page == null) {
            boolean isRecorded = extent < computed;
            page = isRecorded ? metadata.read(extent) : ChecksumPage.unknown(extent);
            if (isRecorded && !page.isKnown()) {
                damaged.add(extent);
            }
            loads.increment();
            pages.set(extent, page);
        }
        return page;
    }

    /// A page that was in the log when a store was opened: nothing is known of it.
    ChecksumPage heatedUnknown(int extent) {
        ChecksumPage page = ChecksumPage.unknown(extent);
        page.isHot = true;
        pages.set(extent, page);
        return page;
    }

    /// Keeps it as a cold one.
    void cool(ChecksumPage page) {
        page.isHot = false;
        admit(page);
    }

    private ReentrantLock stripe(int extent) {
        return stripes[extent % STRIPES];
    }

    private void admit(ChecksumPage page) {
        ringLock.lock();
        try {
            if (page.isListed) {
                return;
            }
            // Two rounds suffice to find one that nobody used since; hot ones only lose their place here.
            for (int step = 0; step < 2 * ring.length && !isFreed(ring[hand]); step++) {
                hand = (hand + 1) % ring.length;
            }
            ChecksumPage victim = ring[hand];
            if (victim != null) {
                evict(victim);
            }
            ring[hand] = page;
            page.isListed = true;
            hand = (hand + 1) % ring.length;
        } finally {
            ringLock.unlock();
        }
    }

    private static boolean isFreed(@Nullable ChecksumPage candidate) {
        if (candidate == null || candidate.isHot || !candidate.isUsed) {
            return true;
        }
        candidate.isUsed = false;
        return false;
    }

    private void evict(ChecksumPage victim) {
        victim.isListed = false;
        ReentrantLock stripe = stripe(victim.extent);
        stripe.lock();
        try {
            if (!victim.isHot) {
                pages.compareAndSet(victim.extent, victim, null);
            }
        } finally {
            stripe.unlock();
        }
    }

    int cold() {
        ringLock.lock();
        try {
            return (int) Arrays.stream(ring)
                    .filter(Objects::nonNull)
                    .filter(page -> !page.isHot)
                    .count();
        } finally {
            ringLock.unlock();
        }
    }

    /// Under the order lock.
    void grow(int extents) {
        for (ReentrantLock stripe : stripes) {
            stripe.lock();
        }
        try {
            AtomicReferenceArray<@Nullable ChecksumPage> grown = new AtomicReferenceArray<>(extents);
            for (int i = 0; i < pages.length(); i++) {
                grown.setPlain(i, pages.get(i));
            }
            pages = grown;
        } finally {
            for (ReentrantLock stripe : stripes) {
                stripe.unlock();
            }
        }
    }
}
