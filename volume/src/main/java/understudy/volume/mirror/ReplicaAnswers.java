package understudy.volume.mirror;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import understudy.volume.Geometry;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.Standing;

/// Answers what the serving side asks about a replica. On the association's thread, under its order lock.
final class ReplicaAnswers {
    private static final int LOGGED_MAX = Frame.PAYLOAD_BYTES_MAX / Integer.BYTES;

    private final ReplicaStore store;
    private final ReentrantLock orderLock;
    private final Retirer retirer;
    private final long[] bits = new long[Marks.WORDS];
    private final int[] sums = new int[Geometry.EXTENT_BLOCKS];
    private final long[] digests = new long[Geometry.EXTENT_BLOCKS];

    ReplicaAnswers(ReplicaStore store, ReentrantLock orderLock, Retirer retirer) {
        this.store = store;
        this.orderLock = orderLock;
        this.retirer = retirer;
    }

    record Answer(long offset, ByteBuffer payload) {}

    Answer to(Frame frame, MemorySegment bytes) throws IOException {
        if (!orderLock.isHeldByCurrentThread()) {
            throw new IllegalStateException("answers need the order lock");
        }
        return switch (frame.kind()) {
            case Frame.CHECKSUMS -> checksums(extent(frame));
            case Frame.DIGESTS -> digests(extent(frame), bytes.asSlice(frame.payloadAt(), frame.length()));
            case Frame.DIRTY -> dirty(extent(frame));
            case Frame.CLEAR -> clear(extent(frame), bytes.asSlice(frame.payloadAt(), frame.length()));
            case Frame.LOGGED -> logged(extent(frame));
            case Frame.MARK -> mark(frame);
            case Frame.PERSIST_MARKS -> {
                store.persistMarks();
                yield nothing();
            }
            case Frame.VIEW -> view(ViewMessage.decode(bytes.asSlice(frame.payloadAt(), frame.length())));
            case Frame.BAD -> bad();
            case Frame.PROBE -> {
                store.probe();
                yield nothing();
            }
            case Frame.MARK_BAD -> markBad(extent(frame), bytes.asSlice(frame.payloadAt(), frame.length()));
            default -> throw new BrokenLinkException("a frame of kind " + frame.kind() + " from the serving side");
        };
    }

    private int extent(Frame frame) throws BrokenLinkException {
        if (frame.offset() >= Geometry.extents(store.sizeBytes())) {
            throw new BrokenLinkException("there is no extent " + frame.offset());
        }
        return (int) frame.offset();
    }

    private static Answer nothing() {
        return new Answer(0, ByteBuffer.allocate(0));
    }

    private Answer checksums(int extent) throws IOException {
        if (!store.checksums(extent, sums)) {
            store.compute(extent);
            if (!store.checksums(extent, sums)) {
                throw new IllegalStateException("checksums of extent " + extent + " cannot be computed");
            }
        }
        ByteBuffer payload = buffer(Geometry.EXTENT_BLOCKS * Integer.BYTES);
        for (int sum : sums) {
            payload.putInt(sum);
        }
        return new Answer(extent, payload.flip());
    }

    /// The marks of the first extent from there on that has any, and how many there are in all; nothing if
    /// none.
    private Answer dirty(int from) {
        int extent = store.nextDirty(from);
        if (extent < 0) {
            return nothing();
        }
        store.dirty(extent, bits);
        ByteBuffer payload = buffer(Marks.BYTES + Long.BYTES);
        for (long word : bits) {
            payload.putLong(word);
        }
        return new Answer(extent, payload.putLong(store.dirtyBlocks()).flip());
    }

    private Answer digests(int extent, MemorySegment payload) throws IOException {
        readMarks(payload);
        store.digests(extent, bits, digests);
        ByteBuffer answer = buffer(Geometry.EXTENT_BLOCKS * Long.BYTES);
        for (long digest : digests) {
            answer.putLong(digest);
        }
        return new Answer(extent, answer.flip());
    }

    private void readMarks(MemorySegment payload) throws BrokenLinkException {
        if (payload.byteSize() != Marks.BYTES) {
            throw new BrokenLinkException(payload.byteSize() + " bytes of marks");
        }
        for (int i = 0; i < Marks.WORDS; i++) {
            bits[i] = payload.get(JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), (long) i * Long.BYTES);
        }
    }

    private Answer clear(int extent, MemorySegment payload) throws BrokenLinkException {
        readMarks(payload);
        store.clear(extent, bits);
        return nothing();
    }

    private Answer bad() {
        long[] runs = store.bad().runs();
        ByteBuffer payload = buffer(runs.length * Long.BYTES);
        for (long run : runs) {
            payload.putLong(run);
        }
        return new Answer(0, payload.flip());
    }

    private Answer markBad(int extent, MemorySegment payload) throws IOException {
        readMarks(payload);
        return new Answer(store.markBad(extent, bits) ? 1 : 0, ByteBuffer.allocate(0));
    }

    /// As many as fit.
    private Answer logged(int from) {
        int[] extents = IntStream.of(store.doubtfulExtents())
                .filter(extent -> extent >= from)
                .limit(LOGGED_MAX)
                .toArray();
        ByteBuffer payload = buffer(extents.length * Integer.BYTES);
        for (int extent : extents) {
            payload.putInt(extent);
        }
        return new Answer(0, payload.flip());
    }

    /// All blocks of so many extents.
    private Answer mark(Frame frame) throws BrokenLinkException {
        int first = extent(frame);
        long begin = (long) first * Geometry.EXTENT_BYTES;
        long end = Math.min(store.sizeBytes(), begin + (long) frame.length() * Geometry.EXTENT_BYTES);
        if (end > begin) {
            store.mark(begin, end - begin);
        }
        return nothing();
    }

    private Answer view(ViewMessage message) throws IOException {
        Standing now = store.standing();
        switch (message.change()) {
            case TRACK -> {
                retirer.allow(true);
                store.startTracking(message.other(), message.view());
                Tracking.markLogged(store);
            }
            case TRACK_ALL -> {
                retirer.allow(true);
                Tracking.all(store, message.other(), message.view());
            }
            case MARK_NO_WRITES -> store.markWrites(false);
            case FOLLOW -> {
                store.record(new Standing(message.view(), false, now.full(), Optional.empty()));
                retirer.allow(true);
            }
            case FOLLOW_IN_FULL -> {
                store.record(new Standing(message.view(), false, true, Optional.empty()));
                retirer.allow(true);
            }
            case ADMIT -> {
                store.record(now.inSyncIn(message.view()).untracked());
                retirer.allow(true);
            }
        }
        return nothing();
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
