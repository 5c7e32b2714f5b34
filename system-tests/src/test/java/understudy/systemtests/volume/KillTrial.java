package understudy.systemtests.volume;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import understudy.systemtests.volume.Subject.Part;

/// Kills the processes of a disk at random moments under load, starts them again, and checks each time that the
/// clients saw what one disk could have shown them: every acknowledged write is there, in every copy that counts.
///
/// Parts are killed in turn, now and then both at one moment, now and then again before the copies are in sync.
final class KillTrial {
    private static final int CLUSTERS = 24;
    private static final int EVERY_BOTH = 5;
    private static final int REPORTED = 20;
    private static final Duration BEFORE_MAX = Duration.ofMillis(400);
    private static final Duration DEAD_MAX = Duration.ofMillis(100);
    private static final Duration AFTER_MAX = Duration.ofMillis(400);

    private final Subject subject;
    private final Area area;
    private final long seed;
    private final Random random;
    private final AtomicLong values = new AtomicLong();
    private Contents contents = Contents.EMPTY;
    private long acknowledged;
    private long torn;
    private Duration longestWait = Duration.ZERO;

    /// @param seed of all that is random here; what the processes make of it differs each time
    KillTrial(Subject subject, long seed) {
        this.subject = subject;
        this.area = new Area(subject.sizeBytes() / Stamp.BLOCK_BYTES, CLUSTERS);
        this.seed = seed;
        this.random = new Random(seed);
    }

    /// What many kills did.
    ///
    /// @param kills        how many processes were killed
    /// @param acknowledged writes of a block that were acknowledged, and checked
    /// @param torn         blocks seen torn during a write of them
    /// @param longestWait  of a client for an answer, while only replicas were killed
    record Summary(int kills, long acknowledged, long torn, Duration longestWait) {}

    /// Kills so many times.
    ///
    /// @throws AssertionError at the first thing that is wrong
    Summary run(int kills) throws IOException {
        int killed = 0;
        for (int cycle = 1; killed < kills; cycle++) {
            List<Part> victims = victims(cycle);
            Optional<String> wrong = cycle(victims);
            killed += victims.size();
            if (wrong.isPresent()) {
                throw new AssertionError(
                        "cycle %d, %s killed, seed %d: %s".formatted(cycle, victims, seed, wrong.get()));
            }
            if (random.nextInt(4) > 0) {
                subject.awaitInSync();
            }
            if (cycle % REPORTED == 0) {
                System.out.printf("%d of %d kills, %d writes checked%n", killed, kills, acknowledged);
            }
        }
        return new Summary(killed, acknowledged, torn, longestWait);
    }

    private List<Part> victims(int cycle) {
        List<Part> parts = subject.parts();
        return cycle % EVERY_BOTH == 0 ? parts : List.of(parts.get(cycle % parts.size()));
    }

    private Optional<String> cycle(List<Part> victims) throws IOException {
        boolean goesOn = !victims.contains(Part.SERVING);
        Load load = Load.start(subject.socket(), subject.export(), area, random, values);
        pause(BEFORE_MAX);
        subject.kill(victims);
        pause(DEAD_MAX);
        List<List<Operation>> audits = new ArrayList<>();
        if (goesOn) {
            subject.restart(victims);
            pause(AFTER_MAX);
        }
        boolean intact = load.finish();
        if (goesOn && !intact) {
            return Optional.of("a client lost its connection");
        }
        if (victims.containsAll(subject.parts())) {
            for (Path image : subject.imagesInSync()) {
                audits.add(audit(load, image));
            }
        }
        if (!goesOn) {
            subject.restart(victims);
        }
        List<Operation> audit = load.audit();
        audits.add(audit);
        acknowledged += load.acknowledgedWrites();
        torn += load.torn();
        if (goesOn && longestWait.compareTo(load.longestWait()) < 0) {
            longestWait = load.longestWait();
        }
        return verdict(load, audits, audit);
    }

    /// Each copy alone must fit what clients saw; two copies may differ in what was not acknowledged.
    private Optional<String> verdict(Load load, List<List<Operation>> audits, List<Operation> last) {
        if (!load.complaints().isEmpty()) {
            return Optional.of(
                    "clients were told of errors: " + load.complaints().getFirst());
        }
        for (List<Operation> audit : audits) {
            Optional<String> wrong = load.violation(audit, contents);
            if (wrong.isPresent()) {
                return wrong;
            }
        }
        contents = Contents.of(last);
        return Optional.empty();
    }

    private static List<Operation> audit(Load load, Path image) throws IOException {
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
            return load.audit(run -> {
                ByteBuffer data = ByteBuffer.allocate(run.blocks() * Stamp.BLOCK_BYTES);
                long at = run.block() * Stamp.BLOCK_BYTES;
                while (data.hasRemaining()) {
                    if (file.read(data, at + data.position()) < 0) {
                        throw new EOFException(image + " is too short");
                    }
                }
                return data.flip();
            });
        }
    }

    /// The moment of a fault is to be anywhere.
    private void pause(Duration most) {
        long end = System.nanoTime() + random.nextLong(most.toNanos());
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }
}
