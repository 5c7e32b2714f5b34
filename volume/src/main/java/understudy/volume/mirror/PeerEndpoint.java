package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import understudy.volume.Geometry;
import understudy.volume.store.BadBlocks;
import understudy.volume.store.ByteRange;
import understudy.volume.store.CorruptBlocksException;

/// The replica on the peer's host. The link breaks off what is not answered within its deadline, so these waits
/// end.
final class PeerEndpoint implements ReplicaEndpoint {
    private static final long WAIT_NANOS = TimeUnit.MINUTES.toNanos(5);
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final PeerLink link;
    private long dirtyBlocks;

    PeerEndpoint(PeerLink link) {
        this.link = link;
    }

    @Override
    public void sums(int extent, int[] sums) throws IOException {
        ByteBuffer payload = ask(Frame.CHECKSUMS, extent);
        expect(payload, Geometry.EXTENT_BLOCKS * Integer.BYTES);
        for (int i = 0; i < sums.length; i++) {
            sums[i] = payload.getInt();
        }
    }

    @Override
    public void digests(int extent, long[] wanted, long[] digests) throws IOException {
        askDigests(extent, wanted).await(digests);
    }

    @Override
    public DigestsQuestion askDigests(int extent, long[] wanted) {
        CompletableFuture<PeerLink.Answer> asked = link.asked(Frame.DIGESTS, extent, 0, marks(wanted));
        return digests -> takeDigests(link.await(asked, WAIT_NANOS), digests);
    }

    private static void takeDigests(PeerLink.Answer answer, long[] digests) throws IOException {
        ByteBuffer payload = ByteBuffer.wrap(answer.payload()).order(ByteOrder.LITTLE_ENDIAN);
        expect(payload, Geometry.EXTENT_BLOCKS * Long.BYTES);
        for (int i = 0; i < digests.length; i++) {
            digests[i] = payload.getLong();
        }
    }

    @Override
    public BadBlocks bad() {
        return link.bad();
    }

    @Override
    public boolean markBad(int extent, long[] bits) throws IOException {
        boolean isMarked = link.question(Frame.MARK_BAD, extent, 0, marks(bits), WAIT_NANOS)
                        .offset()
                != 0;
        if (isMarked) {
            link.bad(link.bad().with(extent, bits));
        }
        return isMarked;
    }

    /// Asks what it has marked as bad, before anything is sent to it.
    static BadBlocks askForBad(PeerLink link, long nanos) throws IOException {
        ByteBuffer payload =
                ByteBuffer.wrap(link.question(Frame.BAD, 0, 0, nanos).payload()).order(ByteOrder.LITTLE_ENDIAN);
        long[] runs = new long[payload.remaining() / Long.BYTES];
        for (int i = 0; i < runs.length; i++) {
            runs[i] = payload.getLong();
        }
        try {
            return BadBlocks.ofRuns(runs);
        } catch (IllegalArgumentException e) {
            throw new BrokenLinkException(String.valueOf(e.getMessage()));
        }
    }

    private static ByteBuffer marks(long[] bits) {
        ByteBuffer payload = ByteBuffer.allocateDirect(Marks.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long word : bits) {
            payload.putLong(word);
        }
        return payload.flip();
    }

    @Override
    public int dirty(int from, long[] bits) throws IOException {
        PeerLink.Answer answer = link.question(Frame.DIRTY, from, 0, WAIT_NANOS);
        if (answer.payload().length == 0) {
            dirtyBlocks = from == 0 ? 0 : dirtyBlocks;
            return -1;
        }
        ByteBuffer payload = ByteBuffer.wrap(answer.payload()).order(ByteOrder.LITTLE_ENDIAN);
        expect(payload, Marks.BYTES + Long.BYTES);
        for (int i = 0; i < Marks.WORDS; i++) {
            bits[i] = payload.getLong();
        }
        dirtyBlocks = payload.getLong();
        if (answer.offset() < from) {
            throw new BrokenLinkException("extent " + answer.offset() + " was not asked for");
        }
        return Math.toIntExact(answer.offset());
    }

    /// As of the last question for marks.
    @Override
    public long dirtyBlocks() {
        return dirtyBlocks;
    }

    @Override
    public void clear(int extent, long[] bits) throws IOException {
        link.question(Frame.CLEAR, extent, 0, marks(bits), WAIT_NANOS);
    }

    @Override
    public int[] logged() throws IOException {
        IntStream.Builder extents = IntStream.builder();
        int from = 0;
        while (true) {
            ByteBuffer payload = ask(Frame.LOGGED, from);
            if (!payload.hasRemaining()) {
                return extents.build().toArray();
            }
            while (payload.hasRemaining()) {
                int extent = payload.getInt();
                if (extent < from) {
                    throw new BrokenLinkException("extent " + extent + " was not asked for");
                }
                extents.add(extent);
                from = extent + 1;
            }
            if (from == Geometry.extents(link.peer().sizeBytes())) {
                return extents.build().toArray();
            }
        }
    }

    @Override
    public void mark(int extent) throws IOException {
        link.question(Frame.MARK, extent, 1, WAIT_NANOS);
    }

    @Override
    public void persistMarks() throws IOException {
        ask(Frame.PERSIST_MARKS, 0);
    }

    /// All are asked for before the first is waited for.
    @Override
    public void read(List<Span> spans) throws IOException {
        List<CompletableFuture<PeerLink.Answer>> answers = new ArrayList<>();
        for (Span span : spans) {
            int length = Math.toIntExact(span.data().byteSize());
            answers.add(link.asked(Frame.READ, span.offset(), length, ByteBuffer.allocate(0)));
        }
        for (int i = 0; i < answers.size(); i++) {
            PeerLink.Answer answer = link.await(answers.get(i), WAIT_NANOS);
            MemorySegment target = spans.get(i).data();
            if (answer.status() == Frame.CORRUPT) {
                throw new CorruptBlocksException(
                        List.of(new ByteRange(spans.get(i).offset(), target.byteSize())));
            }
            if (answer.status() != Frame.OK || answer.payload().length != target.byteSize()) {
                throw new BrokenLinkException(
                        "the peer has no good data at " + spans.get(i).offset());
            }
            target.copyFrom(MemorySegment.ofArray(answer.payload()));
        }
    }

    @Override
    public boolean copy(List<Span> spans) throws IOException {
        link.copy(spans);
        return true;
    }

    @Override
    public void flush() throws IOException {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Pending pending = new Pending(link.threads().now(), false, true) {
            @Override
            void settle(Replies replies) {
                done.complete(true);
            }

            @Override
            void fail(Replies replies) {
                done.complete(false);
            }
        };
        boolean isFlushed = link.flush(pending, WAIT_NANOS);
        try {
            while (isFlushed && !done.isDone() && !link.isBroken()) {
                // In turns: perhaps the link is broken.
                link.threads().await(done, TURN_NANOS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokenLinkException("interrupted while the peer was flushing");
        }
        isFlushed &= done.getNow(false);
        // A link that was given up confirms whatever waits for it.
        if (!isFlushed || link.isBroken()) {
            throw new BrokenLinkException("the link broke before the peer had flushed");
        }
    }

    /// Tells it what a view means for it.
    void tell(ViewMessage message, long nanos) throws IOException {
        link.question(Frame.VIEW, 0, 0, message.encode(), nanos);
    }

    private ByteBuffer ask(byte kind, long offset) throws IOException {
        return ByteBuffer.wrap(link.question(kind, offset, 0, WAIT_NANOS).payload())
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void expect(ByteBuffer payload, int length) throws BrokenLinkException {
        if (payload.remaining() != length) {
            throw new BrokenLinkException("%d bytes where %d were asked for".formatted(payload.remaining(), length));
        }
    }
}
