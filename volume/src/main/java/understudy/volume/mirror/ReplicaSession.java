package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.volume.Geometry;
import understudy.volume.store.ByteRange;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// One association, on the replica's side: its thread takes frames in the order of the stream, and acknowledges
/// once for all that had arrived; flushes are left to threads of their own.
///
/// Extents of all that has arrived are made hot at once, durably, before any of it is written (design, section
/// 3.1, rule 4).
final class ReplicaSession {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaSession.class);
    private static final byte[] NOTHING = {};

    private final String name;
    private final MirrorWire wire;
    private final ReplicaStore store;
    private final FrameOutput output;
    private final ReentrantLock orderLock = new ReentrantLock();
    private final ReplicaFlushes flushes;
    private final Retirer retirer;
    private final MemorySegment scratch = Arena.ofAuto().allocate(Frame.PAYLOAD_BYTES_MAX, 64);
    private final ReplicaAnswers answers;
    private long batch;

    ReplicaSession(String name, MirrorWire wire, ReplicaStore store, Threads threads) {
        this.name = name;
        this.wire = wire;
        this.store = store;
        output = new FrameOutput(wire, threads);
        retirer = new Retirer(store, orderLock);
        answers = new ReplicaAnswers(store, orderLock, retirer);
        flushes = new ReplicaFlushes(name, store, output, retirer, threads);
    }

    ReplicaStore store() {
        return store;
    }

    /// Ends it soon. From any thread.
    void end() {
        wire.close();
    }

    /// Waits until no thread of this association is in the disk any more.
    void awaitDisk() {
        flushes.close();
    }

    void run() throws IOException {
        try (FrameInput input = new FrameInput(wire)) {
            Frame frame = new Frame();
            while (true) {
                input.receive();
                long acknowledged = batch;
                while (takeSome(input, frame)) {
                    // Until all that has arrived is taken.
                }
                if (batch != acknowledged) {
                    output.send(Frame.ACKNOWLEDGED, 0, batch, 0, 0);
                }
                flushes.retireIfNeeded();
            }
        } catch (DiskFailedException e) {
            fail(String.valueOf(e.getMessage()));
        } catch (CorruptBlocksException e) {
            fail(e.getMessage() + ", to be written in part");
        }
    }

    private void fail(String why) throws IOException {
        LOG.error("{}: the replica failed: {}", name, why);
        byte[] text = why.getBytes(StandardCharsets.UTF_8);
        output.send(Frame.FAILED, 0, 0, 0, 0, ByteBuffer.wrap(text, 0, Math.min(text.length, 1024)));
    }

    /// Takes as many of the frames that have arrived as may be made hot in one go.
    ///
    /// @return whether there were any
    private boolean takeSome(FrameInput input, Frame frame) throws IOException {
        orderLock.lock();
        try {
            long end = heat(input, frame);
            if (end == input.position()) {
                return false;
            }
            while (input.position() < end && input.next(frame)) {
                take(frame, input.bytes());
            }
            return true;
        } catch (CorruptBlocksException e) {
            markBad(e.ranges());
            throw e;
        } finally {
            orderLock.unlock();
        }
    }

    /// What would have been written in part: the serving side learns of it when it comes back, and sends all of it, or
    /// refuses such writes.
    private void markBad(List<ByteRange> ranges) throws DiskFailedException {
        for (ByteRange range : ranges) {
            int extent = Geometry.extentOf(range.offset());
            boolean _ = store.markBad(extent, Marks.of(range, extent));
        }
    }

    /// @return where the frames end whose extents are hot now
    private long heat(FrameInput input, Frame frame) throws IOException {
        long begin = input.position();
        while (true) {
            boolean isHot = true;
            long extents = 0;
            long end = begin;
            while (input.next(frame)) {
                long length = length(frame);
                if (length > 0) {
                    check(frame, length);
                    extents += Geometry.extentOf(frame.offset() + length - 1) - Geometry.extentOf(frame.offset()) + 1;
                    if (end > begin && extents > ReplicaStore.HEAT_EXTENTS_MAX) {
                        break;
                    }
                    isHot &= store.touch(frame.offset(), length);
                }
                end = frame.end();
            }
            input.rewind(begin);
            if (isHot || store.heat()) {
                return end;
            }
            retirer.retireNow();
        }
    }

    private void check(Frame frame, long length) throws BrokenLinkException {
        if (frame.offset() > store.sizeBytes() - length) {
            throw new BrokenLinkException("%d bytes at %d are past the end of the volume, %d"
                    .formatted(length, frame.offset(), store.sizeBytes()));
        }
    }

    private static long length(Frame frame) {
        return switch (frame.kind()) {
            case Frame.WRITE, Frame.ZERO, Frame.COPY -> frame.length();
            default -> 0;
        };
    }

    private void take(Frame frame, MemorySegment bytes) throws IOException {
        switch (frame.kind()) {
            case Frame.WRITE -> {
                if (frame.length() > 0) {
                    store.write(frame.offset(), bytes.asSlice(frame.payloadAt(), frame.length()));
                }
                endOfBatch(frame);
            }
            case Frame.ZERO -> {
                if (frame.length() > 0) {
                    store.zero(frame.offset(), frame.length(), frame.has(Frame.PUNCH));
                }
                endOfBatch(frame);
            }
            case Frame.COPY -> {
                store.writeCopy(frame.offset(), bytes.asSlice(frame.payloadAt(), frame.length()));
            }
            case Frame.FLUSH -> flushes.add(frame.sequence());
            case Frame.READ -> read(frame);
            case Frame.PING -> answer(frame.sequence(), Frame.OK, 0, ByteBuffer.wrap(NOTHING));
            default -> {
                ReplicaAnswers.Answer answer = answers.to(frame, bytes);
                answer(frame.sequence(), Frame.OK, answer.offset(), answer.payload());
            }
        }
    }

    private void endOfBatch(Frame frame) {
        if (frame.has(Frame.LAST)) {
            batch = frame.sequence();
        }
    }

    private void read(Frame frame) throws IOException {
        if (frame.length() == 0 || frame.offset() > store.sizeBytes() - frame.length()) {
            throw new BrokenLinkException("a read of %d bytes at %d".formatted(frame.length(), frame.offset()));
        }
        MemorySegment target = scratch.asSlice(0, frame.length());
        try {
            store.read(frame.offset(), target);
            answer(frame.sequence(), Frame.OK, frame.offset(), target.asByteBuffer());
        } catch (CorruptBlocksException e) {
            LOG.warn("{}: {}", name, e.getMessage());
            answer(frame.sequence(), Frame.CORRUPT, frame.offset(), ByteBuffer.wrap(NOTHING));
        }
    }

    private void answer(long number, int status, long offset, ByteBuffer payload) throws IOException {
        output.send(Frame.ANSWER, status, number, offset, 0, payload);
    }
}
