package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/// A client's cells of a volume, and what it may read in each: the last value that was answered, or one that
/// was written after it and not answered. A value that was read stays. What a flush covered survives
/// everything.
///
/// Cells are half a block, so that every write also depends on what was there.
final class Cells {
    static final int BYTES = 2048;

    private final String name;
    private final int[] offsets;
    private final long[] sure;
    private final long[] issued;
    private final long[] durable;
    private final boolean[] isTorn;
    private final Random random;
    private long count;

    Cells(String name, int[] offsets, Random random) {
        this.name = name;
        this.offsets = offsets;
        this.random = random;
        sure = new long[offsets.length];
        issued = new long[offsets.length];
        durable = new long[offsets.length];
        isTorn = new boolean[offsets.length];
    }

    /// Some requests at once; returns when all have been answered, or when the client has been told that they
    /// never will be.
    void act(TestClient client) {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        boolean[] busy = new boolean[offsets.length];
        for (int i = 1 + random.nextInt(12); i > 0; i--) {
            int cell = random.nextInt(offsets.length);
            int kind = random.nextInt(10);
            if (kind == 0) {
                long[] covered = sure.clone();
                answers.add(client.flush().thenAccept(_ -> flushed(covered)));
            } else if (!busy[cell]) {
                busy[cell] = true;
                answers.add(kind < 4 ? read(client, cell) : write(client, cell));
            }
        }
        for (CompletableFuture<?> answer : answers) {
            await(answer);
        }
    }

    private static void await(CompletableFuture<?> answer) {
        try {
            answer.orTimeout(60, TimeUnit.SECONDS).join();
        } catch (CancellationException _) {
            // The serving side was killed.
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof CancellationException)) {
                throw e;
            }
        }
    }

    private CompletableFuture<?> write(TestClient client, int cell) {
        long value = ++count;
        issued[cell] = value;
        return client.write(offsets[cell], content(cell, value)).thenAccept(_ -> {
            sure[cell] = value;
            isTorn[cell] = false;
        });
    }

    private CompletableFuture<?> read(TestClient client, int cell) {
        return client.read(offsets[cell], BYTES).thenAccept(data -> check(cell, data));
    }

    private void flushed(long[] covered) {
        for (int i = 0; i < covered.length; i++) {
            durable[i] = Math.max(durable[i], covered[i]);
        }
    }

    private void check(int cell, byte[] data) {
        if (isTorn[cell]) {
            return;
        }
        long value = ByteBuffer.wrap(data).getLong();
        assertThat(value).as("%s: cell %d at %d", name, cell, offsets[cell]).isBetween(sure[cell], issued[cell]);
        assertThat(data).as("%s: cell %d at %d", name, cell, offsets[cell]).isEqualTo(content(cell, value));
        assertThat(value == sure[cell] || value == issued[cell])
                .as("%s: cell %d has %d, neither %d nor %d", name, cell, value, sure[cell], issued[cell])
                .isTrue();
        sure[cell] = value;
    }

    void checkAll(TestClient client) {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (int cell = 0; cell < offsets.length; cell++) {
            answers.add(read(client, cell));
        }
        answers.forEach(Cells::await);
    }

    /// Somewhere in a cell.
    int place(Random from) {
        return offsets[from.nextInt(offsets.length)] + from.nextInt(BYTES);
    }

    /// All that was not flushed may be gone, or half of it.
    void losePower() {
        for (int cell = 0; cell < offsets.length; cell++) {
            isTorn[cell] |= issued[cell] > durable[cell];
            sure[cell] = durable[cell];
        }
    }

    private byte[] content(int cell, long value) {
        byte[] content = new byte[BYTES];
        if (value != 0) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                bytes.putLong(value);
                bytes.putLong(offsets[cell] ^ value << 20);
            }
        }
        return content;
    }
}
