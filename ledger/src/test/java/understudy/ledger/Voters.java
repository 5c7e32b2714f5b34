package understudy.ledger;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import understudy.model.HostName;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

/// Three voters in one process, and perhaps others that do not vote. Each finds each other one through a forwarder of
/// their own that can begin to swallow.
final class Voters implements AutoCloseable {
    static final HostName H1 = new HostName("h1");
    static final HostName H2 = new HostName("h2");
    static final HostName W1 = new HostName("w1");
    static final SortedSet<HostName> THREE = new TreeSet<>(List.of(H1, H2, W1));

    private final java.nio.file.Path directory;
    private final UUID cluster = UUID.randomUUID();
    private final Duration bound;
    private final SortedMap<HostName, InetSocketAddress> listen = new TreeMap<>();
    private final Map<Path, Forwarder> paths = new LinkedHashMap<>();
    private final SortedMap<HostName, RatisLedger> running = new TreeMap<>();
    private final Set<HostName> unknown = new HashSet<>();
    private final List<String> stuck = new CopyOnWriteArrayList<>();

    /// @param others do not vote at first
    Voters(java.nio.file.Path directory, Duration bound, HostName... others) throws IOException {
        this.directory = directory;
        this.bound = bound;
        List<HostName> members =
                Stream.concat(THREE.stream(), Stream.of(others)).toList();
        for (HostName name : members) {
            InetSocketAddress address = loopback(freePort());
            listen.put(name, address);
            for (HostName from : members) {
                paths.put(new Path(from, name), new Forwarder(address));
            }
        }
    }

    private record Path(HostName from, HostName to) {}

    LedgerConfig config(HostName name) throws IOException {
        SortedMap<HostName, InetSocketAddress> members = new TreeMap<>();
        for (Map.Entry<Path, Forwarder> path : paths.entrySet()) {
            if (path.getKey().from().equals(name)
                    && !unknown.contains(path.getKey().to())) {
                members.put(path.getKey().to(), path.getValue().address());
            }
        }
        return new LedgerConfig(
                name,
                cluster,
                directory.resolve(name.value()),
                listen.getOrDefault(name, loopback(0)),
                members,
                THREE,
                W1,
                Duration.ofMillis(400),
                bound);
    }

    /// Whether those that are started from now on have heard of one.
    void know(HostName name, boolean known) {
        if (known) {
            unknown.remove(name);
        } else {
            unknown.add(name);
        }
    }

    RatisLedger start(HostName name) throws IOException {
        RatisLedger ledger = RatisLedger.start(config(name), why -> stuck.add(name + ": " + why));
        running.put(name, ledger);
        return ledger;
    }

    /// Of one that may have no copy.
    JoiningLedger join(HostName name) throws IOException {
        return JoiningLedger.open(config(name), why -> stuck.add(name + ": " + why));
    }

    void startAll() throws IOException {
        for (HostName name : listen.keySet()) {
            if (!unknown.contains(name)) {
                start(name);
            }
        }
    }

    void stop(HostName name) {
        RatisLedger ledger = running.remove(name);
        if (ledger != null) {
            ledger.close();
        }
    }

    RatisLedger of(HostName name) {
        RatisLedger ledger = running.get(name);
        if (ledger == null) {
            throw new IllegalStateException(name + " is stopped");
        }
        return ledger;
    }

    List<HostName> running() {
        return List.copyOf(running.keySet());
    }

    /// Waits for one that leads, as it says itself.
    HostName leader() {
        return await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> running.entrySet().stream()
                                .filter(each -> each.getValue().leader().equals(Optional.of(each.getKey())))
                                .map(Map.Entry::getKey)
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /// Cuts the voter off silently, both ways: what goes to it, and what it sends to the others.
    void silence(HostName name, boolean on) {
        paths.forEach((each, path) -> {
            if (each.from().equals(name) || each.to().equals(name)) {
                path.swallow(on);
            }
        });
    }

    void awaitLeader(HostName name) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> running.values().stream()
                        .allMatch(ledger -> ledger.leader().filter(name::equals).isPresent()));
    }

    static LedgerAnswer propose(RatisLedger ledger, LedgerCommand command) throws Exception {
        return ledger.propose(command).get(20, TimeUnit.SECONDS);
    }

    static LedgerState read(RatisLedger ledger) throws Exception {
        return ledger.read().get(20, TimeUnit.SECONDS);
    }

    static InetSocketAddress loopback(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// Not one that the kernel hands out to whoever connects: a voter that is started again must find its own free.
    private static int freePort() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
            try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return port;
            } catch (BindException taken) {
                // Another one, then.
            }
        }
        throw new IOException("no free port from 10000 to 29999");
    }

    /// Each takes two seconds, of which it waits for nearly all.
    void stopAll() {
        List.copyOf(running.values()).parallelStream().forEach(RatisLedger::close);
        running.clear();
    }

    @Override
    public void close() {
        stopAll();
        paths.values().forEach(Forwarder::close);
        if (!stuck.isEmpty()) {
            throw new AssertionError("stood still: " + stuck);
        }
    }
}
