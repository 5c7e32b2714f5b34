package understudy.volume.epoch;

import java.util.ArrayDeque;

/// How far epochs and segments are: what may be applied, and what output may leave. Not for two threads at a time.
///
/// A segment may be begun when its epoch is committed and the standby knows that all before it are on the disks: so
/// of those that a standby holds at a takeover only the first can have reached a disk, and to apply them all, in
/// order, brings about the same.
final class Commits {
    private final Rules rules;
    private final ArrayDeque<Mark> marks = new ArrayDeque<>();
    private long sealed;
    private long sealedFlush;
    private long committed;
    private long committedSegment;
    private long applied;
    private long told;
    private long durable;

    /// Where a sealed epoch ends.
    ///
    /// @param segment the last of it and of all before it
    /// @param flush   the last of those that ends in a flush
    private record Mark(long epoch, long segment, long flush) {}

    Commits(Rules rules) {
        this.rules = rules;
    }

    /// @throws IllegalArgumentException if it is not above the last
    void seal(Sealed epoch, long segment) {
        if (epoch.epoch() <= sealed) {
            throw new IllegalArgumentException("epoch %d after epoch %d".formatted(epoch.epoch(), sealed));
        }
        sealed = epoch.epoch();
        for (Segment one : epoch.segments()) {
            sealedFlush = one.endsInFlush() ? one.number() : sealedFlush;
        }
        marks.add(new Mark(sealed, segment, sealedFlush));
    }

    /// @throws IllegalArgumentException if there was no such epoch
    void commit(long epoch) {
        if (epoch > sealed) {
            throw new IllegalArgumentException("epoch %d of %d is committed".formatted(epoch, sealed));
        }
        committed = Math.max(committed, epoch);
        for (Mark mark : marks) {
            if (mark.epoch() <= committed) {
                committedSegment = Math.max(committedSegment, mark.segment());
            }
        }
        settle();
    }

    /// What is sealed is committed, and nobody need be told.
    void commitAll() {
        commit(sealed);
    }

    boolean mayBegin(Segment segment) {
        boolean isCommitted = segment.number() <= committedSegment || !rules.commitsFirst();
        boolean isTold = told >= segment.number() - 1 || !rules.tellsFirst();
        return isCommitted && isTold;
    }

    void apply(Segment segment) {
        if (segment.number() <= applied) {
            throw new IllegalStateException("segment %d after %d".formatted(segment.number(), applied));
        }
        applied = segment.number();
        settle();
    }

    /// @throws IllegalArgumentException if it is not applied yet
    void tell(long segment) {
        if (segment > applied) {
            throw new IllegalArgumentException(
                    "the standby knows of segment %d, and only %d are applied".formatted(segment, applied));
        }
        told = Math.max(told, segment);
    }

    private void settle() {
        while (!marks.isEmpty()
                && marks.getFirst().epoch() <= committed
                && marks.getFirst().flush() <= applied) {
            durable = marks.removeFirst().epoch();
        }
    }

    /// The highest epoch that is committed and whose flushes are carried out.
    long durable() {
        return durable;
    }
}
