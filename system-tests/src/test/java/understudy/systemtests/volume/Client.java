package understudy.systemtests.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import understudy.systemtests.volume.NbdClient.Command;
import understudy.systemtests.volume.NbdClient.Reply;
import understudy.systemtests.volume.Operation.Kind;

/// One connection that reads, writes, zeroes and flushes at random, several requests at a time, and notes what it
/// did and saw. It ends when it is told to, with nothing under way, or when the connection breaks.
final class Client implements Runnable {
    private static final int BLOCKS_MAX = 4;
    private static final int PERCENT_FLUSHES = 4;
    private static final int PERCENT_ZEROES = 3;
    private static final int PERCENT_WRITES = 60;
    private static final int PERCENT_DURABLE = 10;

    private final int number;
    private final NbdClient connection;
    private final Area area;
    private final int depth;
    private final Random random;
    private final AtomicLong values;
    private final Map<Long, Pending> pending = new HashMap<>();
    private final List<Operation> operations = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private final List<Operation> odd = new ArrayList<>();
    private long cookies;
    private long longestNanos;
    private volatile boolean isStopping;
    private volatile boolean isBroken;

    private record Pending(Command command, Area.Run run, List<Long> values, long invoked) {}

    /// @param values where the values of all clients' writes come from, so that no two are the same
    Client(int number, Path socket, String export, Area area, int depth, long seed, AtomicLong values)
            throws IOException {
        this.number = number;
        this.connection = NbdClient.connect(socket, export);
        this.area = area;
        this.depth = depth;
        this.random = new Random(seed);
        this.values = values;
    }

    /// Asks it to end once its last request is answered.
    void stop() {
        isStopping = true;
    }

    /// Ends a wait for an answer that does not come.
    void cut() throws IOException {
        connection.close();
    }

    @Override
    public void run() {
        try {
            while (!isStopping || !pending.isEmpty()) {
                if (!isStopping) {
                    ask();
                }
                take(connection.receive());
            }
            connection.disconnect();
        } catch (IOException e) {
            isBroken = true;
        }
        giveUp();
    }

    private void ask() throws IOException {
        long now = System.nanoTime();
        // Now one request at a time, now as many as may be: servers treat them differently.
        int limit = 1 + random.nextInt(depth);
        while (pending.size() < limit) {
            add(now);
        }
        connection.send();
    }

    private void add(long now) {
        Area.Run run = area.random(random, BLOCKS_MAX);
        int dice = random.nextInt(100);
        boolean durable = random.nextInt(100) < PERCENT_DURABLE;
        if (dice < PERCENT_FLUSHES) {
            add(Command.FLUSH, new Area.Run(0, 0), List.of(), false, Optional.empty(), now);
        } else if (dice < PERCENT_FLUSHES + PERCENT_ZEROES) {
            List<Long> zeros = new ArrayList<>();
            for (int i = 0; i < run.blocks(); i++) {
                zeros.add(Stamp.ZERO);
            }
            add(Command.WRITE_ZEROES, run, zeros, durable, Optional.empty(), now);
        } else if (dice < PERCENT_FLUSHES + PERCENT_ZEROES + PERCENT_WRITES) {
            ByteBuffer payload = ByteBuffer.allocate(run.blocks() * Stamp.BLOCK_BYTES);
            List<Long> written = new ArrayList<>();
            for (int i = 0; i < run.blocks(); i++) {
                long value = values.incrementAndGet();
                written.add(value);
                Stamp.put(payload, run.block() + i, value);
            }
            add(Command.WRITE, run, written, durable, Optional.of(payload.flip()), now);
        } else {
            add(Command.READ, run, List.of(), false, Optional.empty(), now);
        }
    }

    private void add(
            Command command,
            Area.Run run,
            List<Long> written,
            boolean durable,
            Optional<ByteBuffer> payload,
            long now) {
        long cookie = ++cookies;
        pending.put(cookie, new Pending(command, run, written, now));
        int length = run.blocks() * Stamp.BLOCK_BYTES;
        connection.add(command, cookie, run.block() * Stamp.BLOCK_BYTES, length, durable, payload);
    }

    private void take(Reply reply) throws IOException {
        long now = System.nanoTime();
        Pending asked = Optional.ofNullable(pending.remove(reply.cookie()))
                .orElseThrow(() -> new IOException("an answer to nothing: " + reply.cookie()));
        longestNanos = Math.max(longestNanos, now - asked.invoked);
        if (reply.error() != 0) {
            complaints.add("error %d for %s".formatted(reply.error(), asked));
            note(asked, Operation.NEVER);
        } else if (asked.command == Command.READ) {
            for (int i = 0; i < asked.run.blocks(); i++) {
                long block = asked.run.block() + i;
                read(new Operation(number, block, Kind.READ, Stamp.take(reply.data(), block), asked.invoked, now));
            }
        } else {
            note(asked, now);
        }
    }

    private void read(Operation read) {
        boolean isOdd = read.value() == Stamp.TORN || read.value() == Stamp.GARBAGE;
        (isOdd ? odd : operations).add(read);
    }

    private void note(Pending asked, long completed) {
        for (int i = 0; i < asked.values.size(); i++) {
            operations.add(new Operation(
                    number, asked.run.block() + i, Kind.WRITE, asked.values.get(i), asked.invoked, completed));
        }
    }

    private void giveUp() {
        pending.values().forEach(it -> note(it, Operation.NEVER));
        pending.clear();
    }

    // What follows is for after the end.

    /// Reads of whole blocks, and writes.
    List<Operation> operations() {
        return operations;
    }

    /// Reads of blocks that were torn, or nobody's.
    List<Operation> odd() {
        return odd;
    }

    /// Requests that were answered with an error.
    List<String> complaints() {
        return complaints;
    }

    boolean isBroken() {
        return isBroken;
    }

    /// The longest time from a request to its answer.
    long longestNanos() {
        return longestNanos;
    }
}
