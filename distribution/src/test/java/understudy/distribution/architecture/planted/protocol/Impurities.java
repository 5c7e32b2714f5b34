package understudy.distribution.architecture.planted.protocol;

import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// One class for each thing that pure code must not do.
public final class Impurities {
    private Impurities() {}

    /// A clock.
    public static final class ReadsTheClock {
        long now() {
            return System.nanoTime();
        }
    }

    /// The same, without a call of its own.
    public static final class RefersToTheClock {
        LongSupplier clock() {
            return System::currentTimeMillis;
        }
    }

    /// A clock of objects.
    public static final class TellsTheTime {
        Instant now() {
            return Instant.now();
        }
    }

    /// Chance, with a seed of its own.
    public static final class DrawsANumber {
        int draw() {
            return new Random(1).nextInt();
        }
    }

    /// Chance in an id.
    public static final class MakesAnId {
        Supplier<UUID> ids() {
            return UUID::randomUUID;
        }
    }

    /// A hash-ordered map that the JDK salts anew in each run.
    public static final class IteratesAMapOf {
        Map<String, Integer> map() {
            return Map.of("a", 1, "b", 2);
        }
    }

    /// A copy that forgets the order.
    public static final class CopiesASet {
        Set<String> copy(Set<String> sorted) {
            return Set.copyOf(sorted);
        }
    }

    /// A hash-ordered map.
    public static final class KeepsAHashMap {
        private final Map<String, Integer> map = new HashMap<>();

        int size() {
            return map.size();
        }
    }

    /// A hash map that is nowhere named.
    public static final class CollectsToAMap {
        Map<Integer, List<String>> group(Stream<String> words) {
            return words.collect(Collectors.groupingBy(String::length));
        }
    }

    /// A thread.
    public static final class StartsAThread {
        void start(Runnable work) {
            Thread.startVirtualThread(work);
        }
    }

    /// A lock.
    public static final class TakesALock {
        private final java.util.concurrent.locks.ReentrantLock lock = new java.util.concurrent.locks.ReentrantLock();

        void take() {
            lock.lock();
        }
    }

    /// A type of the outside world, in a signature only.
    public static final class SpeaksOfFiles {
        java.nio.file.Path folder(java.nio.file.Path file) {
            return file.resolveSibling("folder");
        }
    }

    /// An exception of the outside world.
    public static final class ThrowsInputOutput {
        void fail() throws IOException {
            throw new IOException("it failed");
        }
    }

    /// A log, on the console.
    public static final class Prints {
        void print(String line) {
            System.out.println(line);
        }
    }

    /// A log.
    public static final class Logs {
        private static final org.slf4j.Logger LOG = org.slf4j.LoggerFactory.getLogger(Logs.class);

        void log(String line) {
            LOG.info(line);
        }
    }

    /// A library that is not the JDK.
    public static final class ReadsJson {
        boolean isJson(tools.jackson.databind.JsonNode node) {
            return node.isObject();
        }
    }
}
