package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import understudy.volume.Geometry;

/// A client's cells of a volume, and what it may read in each: what was last answered or read; or, sector by
/// sector, something that was written after that and not answered. What was read once stays. What a flush
/// covered survives everything.
///
/// Cells are half a block, so that every write also depends on what was there.
final class Cells {
    static final int BYTES = Geometry.BLOCK_BYTES / 2;
    private static final int SECTOR = 512;

    /// Longer than anything that the faults of a run may last.
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final String name;
    private final Cell[] cells;
    private final Threads threads;
    private final RandomGenerator random;

    /// Blocks of which a part may be had by nobody: requests may fail there, and only there.
    private final BitSet doubtful;

    private long count;
    private long lives;

    /// What a cell held; of two, the one with the higher number came later.
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Content(long number, byte[] bytes) {}

    private static final class Cell {
        final int offset;
        Content sure = new Content(0, new byte[BYTES]);
        Content durable = sure;
        final List<byte[]> undecided = new ArrayList<>();

        /// May hold anything, until it is read or written: power was lost.
        boolean isTorn;

        Cell(int offset) {
            this.offset = offset;
        }

        int block() {
            return offset / Geometry.BLOCK_BYTES;
        }

        void becomes(Content content) {
            sure = content;
            undecided.clear();
            isTorn = false;
        }

        boolean mayHold(byte[] data) {
            for (int at = 0; at < BYTES && !isTorn; at += SECTOR) {
                int from = at;
                boolean isKnown = isEqual(data, sure.bytes, at)
                        || undecided.stream().anyMatch(written -> isEqual(data, written, from));
                if (!isKnown) {
                    return false;
                }
            }
            return true;
        }

        private static boolean isEqual(byte[] one, byte[] other, int at) {
            return Arrays.equals(one, at, at + SECTOR, other, at, at + SECTOR);
        }
    }

    Cells(String name, int[] offsets, BitSet doubtful, Threads threads, RandomGenerator random) {
        this.doubtful = doubtful;
        this.name = name;
        this.threads = threads;
        this.random = random;
        cells = Arrays.stream(offsets).mapToObj(Cell::new).toArray(Cell[]::new);
    }

    /// Some requests at once; returns when all have been answered, or when the client has been told that they
    /// never will be.
    void act(TestClient client) throws InterruptedException {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        BitSet busy = new BitSet();
        for (int i = 1 + random.nextInt(12); i > 0; i--) {
            int chosen = random.nextInt(cells.length);
            int kind = random.nextInt(10);
            if (kind == 0) {
                answers.add(flush(client));
            } else if (!busy.get(chosen)) {
                busy.set(chosen);
                answers.add(kind < 4 ? read(client, cells[chosen]) : write(client, cells[chosen]));
            }
        }
        await(answers);
    }

    private void await(List<CompletableFuture<?>> answers) throws InterruptedException {
        for (CompletableFuture<?> answer : answers) {
            assertThat(threads.await(answer, PATIENCE_NANOS))
                    .as("%s: a request is answered", name)
                    .isTrue();
            try {
                answer.join();
            } catch (CancellationException _) {
                // The serving side was killed.
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof CancellationException)) {
                    throw e;
                }
            }
        }
    }

    private CompletableFuture<?> write(TestClient client, Cell cell) {
        Content content = new Content(++count, bytes(cell, count));
        boolean isDurable = random.nextInt(8) == 0;
        long life = lives;
        cell.undecided.add(content.bytes);
        return answered(client.write(cell.offset, content.bytes, isDurable), cell, _ -> {
            if (life == lives) {
                cell.becomes(content);
                cell.durable = isDurable ? content : cell.durable;
            }
        });
    }

    private CompletableFuture<?> read(TestClient client, Cell cell) {
        long life = lives;
        return answered(client.read(cell.offset, BYTES), cell, data -> {
            if (life == lives) {
                check(cell, data);
            }
        });
    }

    private CompletableFuture<?> answered(CompletableFuture<byte[]> answer, Cell cell, Consumer<byte[]> then) {
        return answer.handle((data, failure) -> {
            if (failure == null) {
                then.accept(data);
            } else if (failure instanceof CancellationException || !doubtful.get(cell.block())) {
                throw new CompletionException(failure);
            }
            return data;
        });
    }

    private CompletableFuture<?> flush(TestClient client) {
        Content[] covered = Arrays.stream(cells).map(cell -> cell.sure).toArray(Content[]::new);
        long life = lives;
        return client.flush().thenAccept(_ -> {
            for (int i = 0; i < covered.length && life == lives; i++) {
                if (covered[i].number > cells[i].durable.number) {
                    cells[i].durable = covered[i];
                }
            }
        });
    }

    private void check(Cell cell, byte[] data) {
        assertThat(cell.mayHold(data))
                .as(
                        "%s: at %d is %d, not %d or one of %d that are not decided",
                        name, cell.offset, number(data), number(cell.sure.bytes), cell.undecided.size())
                .isTrue();
        if (!Arrays.equals(data, cell.sure.bytes)) {
            cell.becomes(new Content(++count, data));
        } else {
            cell.undecided.clear();
            cell.isTorn = false;
        }
    }

    void checkAll(TestClient client) throws InterruptedException {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (Cell cell : cells) {
            answers.add(read(client, cell));
        }
        await(answers);
    }

    /// Somewhere in a cell.
    int place(RandomGenerator from) {
        return cells[from.nextInt(cells.length)].offset + from.nextInt(BYTES);
    }

    /// All of a block was written.
    void fill(int block, byte[] whole) {
        for (Cell cell : cells) {
            if (cell.block() == block) {
                int at = cell.offset % Geometry.BLOCK_BYTES;
                cell.becomes(new Content(++count, Arrays.copyOfRange(whole, at, at + BYTES)));
            }
        }
    }

    /// The blocks that a write is on its way to, or was when its server was killed.
    void addUndecided(BitSet blocks) {
        for (Cell cell : cells) {
            if (!cell.undecided.isEmpty() || cell.isTorn) {
                blocks.set(cell.offset / Geometry.BLOCK_BYTES);
            }
        }
    }

    /// All that was not flushed may be gone, or half of it.
    void losePower() {
        lives++;
        for (Cell cell : cells) {
            cell.isTorn |= !cell.undecided.isEmpty() || cell.sure.number != cell.durable.number;
            cell.sure = cell.durable;
            cell.undecided.clear();
        }
    }

    private static long number(byte[] content) {
        return ByteBuffer.wrap(content).getLong();
    }

    private static byte[] bytes(Cell cell, long number) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES);
        while (bytes.hasRemaining()) {
            bytes.putLong(number);
            bytes.putLong(cell.offset ^ number << 20);
        }
        return bytes.array();
    }
}
