package understudy.benchmarks.volume;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import understudy.benchmarks.server.Engine;
import understudy.benchmarks.server.NbdTarget;
import understudy.benchmarks.server.ServerProcess;
import understudy.benchmarks.server.Servers;
import understudy.lab.Progress;
import understudy.model.ByteSize;

/// Measures how fast a replica that was away is brought back, and what a client feels of it.
final class ResyncBench {
    static final ByteSize SIZE = ByteSize.ofMebibytes(1024);
    private static final ByteSize SCATTERED = ByteSize.ofMebibytes(64);
    private static final int CHUNK = 1 << 20;

    /// Longer than what a volume takes for a setback.
    private static final Duration HELD = Duration.ofSeconds(11);

    private static final String SERVING = "serving";
    private static final String REPLICA = "replica";

    private final Path folder;
    private final Duration time;
    private final Progress progress;

    /// @param folder where both replicas are
    /// @param time   how long the client works
    ResyncBench(Path folder, Duration time, Progress progress) {
        this.folder = folder;
        this.time = time;
        this.progress = progress;
    }

    List<ResyncSample> run(int rounds) throws IOException {
        List<ResyncSample> samples = new ArrayList<>();
        try (Servers servers = Servers.open()) {
            Pair pair = new Pair(servers);
            for (int round = 1; round <= rounds; round++) {
                progress.step("round %d of %d".formatted(round, rounds));
                samples.add(pair.measure(round));
            }
        }
        return samples;
    }

    /// A volume and what happens to its second replica.
    private final class Pair {
        private final Engine engine;
        private final Fio fio;
        private final Path images;
        private final int port = Servers.freePort();
        private final ServerProcess serving;
        private final NbdTarget disk;
        private ServerProcess replica;

        Pair(Servers servers) throws IOException {
            engine = new Engine(servers, SIZE);
            fio = new Fio(servers);
            images = servers.newFolderIn(folder);
            Path socket = servers.folder().resolve(SERVING + ".sock");
            Path image = images.resolve(SERVING + ".raw");
            replica = startReplica();
            serving = engine.serve(SERVING, image, socket, OptionalInt.of(port));
            disk = new NbdTarget(socket, "", List.of(serving), List.of(image));
            awaitInSync(2);
            progress.step("filling a volume of " + SIZE);
            fio.fill(disk, SIZE);
            client();
        }

        private void awaitInSync(int replicas) throws IOException {
            Engine.awaitInSync(serving, disk.images().getFirst(), replicas);
        }

        private ServerProcess startReplica() throws IOException {
            return engine.replica(REPLICA, images.resolve(REPLICA + ".raw"), port);
        }

        private Fio.Outcome client() throws IOException {
            return fio.run(disk, Workload.WRITE_D1, SIZE, time);
        }

        ResyncSample measure(int round) throws IOException {
            double diskRate = diskRate();
            double linkRate = linkRate();
            progress.step("  disk %.0f MB/s, link %.0f MB/s".formatted(diskRate, linkRate));
            loseReplica();
            fio.scatter(disk, SIZE, SCATTERED);
            double partial = rate(SCATTERED, resync());
            progress.step("  resync of %s in scattered blocks: %.0f MB/s".formatted(SCATTERED, partial));
            eraseReplica();
            double full = rate(SIZE, resync());
            progress.step("  full resync of %s: %.0f MB/s".formatted(SIZE, full));
            Fio.Outcome quiet = client();
            eraseReplica();
            replica = startReplica();
            Fio.Outcome busy = client();
            boolean covered = Engine.replicasInSync(disk.images().getFirst()) < 2;
            awaitInSync(2);
            progress.step("  a client's p99: %.0f µs, %.0f µs during a resync"
                    .formatted(quiet.p99Micros(), busy.p99Micros()));
            return new ResyncSample(
                    round,
                    diskRate,
                    linkRate,
                    full,
                    partial,
                    quiet.p50Micros(),
                    quiet.p99Micros(),
                    busy.p50Micros(),
                    busy.p99Micros(),
                    covered);
        }

        /// Starts the replica again, and returns how long it took from then until it was in sync.
        private Duration resync() throws IOException {
            replica = startReplica();
            long began = System.nanoTime();
            awaitInSync(2);
            return Duration.ofNanos(System.nanoTime() - began);
        }

        /// Not one that has just come: the next search for one that is lost again and again waits long.
        private void loseReplica() throws IOException {
            LockSupport.parkNanos(HELD.toNanos());
            replica.kill();
            awaitInSync(1);
        }

        private void eraseReplica() throws IOException {
            loseReplica();
            for (String file : List.of(REPLICA + ".raw", REPLICA + ".raw.meta")) {
                Files.deleteIfExists(images.resolve(file));
            }
        }

        private double diskRate() throws IOException {
            Path file = images.resolve("disk-rate");
            ByteBuffer chunk = ByteBuffer.wrap(noise());
            long began = System.nanoTime();
            try (FileChannel to = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                for (long written = 0; written < SIZE.bytes(); written += CHUNK) {
                    to.write(chunk.duplicate());
                }
                to.force(false);
            }
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            Files.delete(file);
            return rate(SIZE, took);
        }
    }

    private static double linkRate() throws IOException {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket sending = new Socket(listening.getInetAddress(), listening.getLocalPort());
                Socket receiving = listening.accept()) {
            byte[] chunk = noise();
            Thread sender = Thread.ofPlatform().start(() -> send(sending, chunk));
            long began = System.nanoTime();
            long received = drain(receiving.getInputStream());
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            if (received < SIZE.bytes()) {
                throw new IOException("the link broke: " + sender);
            }
            return rate(SIZE, took);
        }
    }

    private static void send(Socket socket, byte[] chunk) {
        try (OutputStream to = socket.getOutputStream()) {
            for (long sent = 0; sent < SIZE.bytes(); sent += chunk.length) {
                to.write(chunk);
            }
        } catch (IOException e) {
            // The other end sees that something is missing.
        }
    }

    private static long drain(InputStream from) throws IOException {
        byte[] chunk = new byte[CHUNK];
        long all = 0;
        for (int some = from.read(chunk); some >= 0; some = from.read(chunk)) {
            all += some;
        }
        return all;
    }

    private static byte[] noise() {
        byte[] bytes = new byte[CHUNK];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    private static double rate(ByteSize amount, Duration took) {
        return amount.bytes() / 1e6 / (took.toNanos() / 1e9);
    }
}
