package understudy.systemtests.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import understudy.systemtests.volume.Operation.Kind;

/// Several clients at work on one disk at the same time, and the history of what all of them did and saw.
final class Load {
    private static final int CLIENTS = 4;
    private static final int DEPTH = 8;
    private static final Duration ANSWER = Duration.ofSeconds(60);
    private static final int AUDITOR = CLIENTS;

    private final Path socket;
    private final String export;
    private final Area area;
    private final List<Client> clients = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final List<Operation> operations = new ArrayList<>();
    private final List<Operation> odd = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();

    private Load(Path socket, String export, Area area) {
        this.socket = socket;
        this.export = export;
        this.area = area;
    }

    /// @param values where the values of writes come from; shared by all loads of a disk
    static Load start(Path socket, String export, Area area, Random random, AtomicLong values) throws IOException {
        Load load = new Load(socket, export, area);
        for (int number = 0; number < CLIENTS; number++) {
            Client client = new Client(number, socket, export, area, DEPTH, random.nextLong(), values);
            load.clients.add(client);
        }
        for (Client client : load.clients) {
            load.threads.add(Thread.ofPlatform().name("client").start(client));
        }
        return load;
    }

    /// Lets the clients end with nothing under way, if they can.
    ///
    /// @return whether all of them could: no connection broke
    /// @throws IOException if an answer does not come
    boolean finish() throws IOException {
        clients.forEach(Client::stop);
        long end = System.nanoTime() + ANSWER.toNanos();
        boolean isLate = false;
        for (int i = 0; i < threads.size(); i++) {
            isLate |= !ends(threads.get(i), Math.max(1, end - System.nanoTime()));
        }
        if (isLate) {
            for (Client client : clients) {
                client.cut();
            }
            throw new IOException("a request was not answered in %d s".formatted(ANSWER.toSeconds()));
        }
        for (Client client : clients) {
            operations.addAll(client.operations());
            odd.addAll(client.odd());
            complaints.addAll(client.complaints());
        }
        return clients.stream().noneMatch(Client::isBroken);
    }

    private static boolean ends(Thread thread, long nanos) throws IOException {
        try {
            return thread.join(Duration.ofNanos(nanos));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// The longest that any client waited for an answer.
    Duration longestWait() {
        return Duration.ofNanos(
                clients.stream().mapToLong(Client::longestNanos).max().orElse(0));
    }

    long acknowledgedWrites() {
        return operations.stream()
                .filter(it -> it.kind() == Kind.WRITE && it.isCompleted())
                .count();
    }

    /// Requests that were answered with an error.
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    /// How many blocks were seen torn by reads during a write of the same block, as no disk promises otherwise.
    int torn() {
        return odd.size();
    }

    /// Something that reads a run of blocks.
    interface Reader {
        ByteBuffer read(Area.Run run) throws IOException;
    }

    /// Reads all blocks over NBD.
    List<Operation> audit() throws IOException {
        try (NbdClient client = NbdClient.connect(socket, export)) {
            List<Operation> read = audit(run -> {
                int length = run.blocks() * Stamp.BLOCK_BYTES;
                client.add(
                        NbdClient.Command.READ,
                        run.block(),
                        run.block() * Stamp.BLOCK_BYTES,
                        length,
                        false,
                        Optional.empty());
                client.send();
                NbdClient.Reply reply = client.receive();
                if (reply.error() != 0) {
                    throw new IOException("error %d in the audit of %s".formatted(reply.error(), run));
                }
                return reply.data();
            });
            client.disconnect();
            return read;
        }
    }

    /// Reads all blocks in another way.
    List<Operation> audit(Reader reader) throws IOException {
        List<Operation> read = new ArrayList<>();
        for (int cluster = 0; cluster < area.clusters(); cluster++) {
            Area.Run run = area.cluster(cluster);
            long invoked = System.nanoTime();
            ByteBuffer data = reader.read(run);
            long completed = System.nanoTime();
            for (int i = 0; i < run.blocks(); i++) {
                long block = run.block() + i;
                read.add(new Operation(AUDITOR, block, Kind.READ, Stamp.take(data, block), invoked, completed));
            }
        }
        return read;
    }

    /// What is wrong with all that was seen, an audit's reads included; empty if nothing is.
    ///
    /// @param initial what the disk held before
    Optional<String> violation(List<Operation> audit, Contents initial) {
        for (Operation read : odd) {
            boolean isExcused = read.value() == Stamp.TORN
                    && operations.stream()
                            .anyMatch(it -> it.kind() == Kind.WRITE && it.block() == read.block() && it.overlaps(read));
            if (!isExcused) {
                return Optional.of("block %d holds what nobody wrote: %s".formatted(read.block(), read));
            }
        }
        List<Operation> history = new ArrayList<>(operations);
        history.addAll(audit);
        return Linearizability.violation(history, initial::value);
    }
}
