package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The real engine on both sides, with faults of all kinds, and checkers; and that these find bugs.
class PairSimulationTest {
    /// To run one seed, or many: `-Dseed=N` and `-Dseeds=N`.
    static LongStream seeds() {
        return LongStream.range(0, Long.getLong("seeds", 12)).map(i -> Long.getLong("seed", 1) + i);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingAcknowledgedIsLostAndReplicasEndEqual(long seed) throws Exception {
        new PairSimulation(seed).run();
    }

    @Test
    void aWriteThatArrivesAsAnotherIsFoundByTheComparison() {
        PairSimulation simulation = new PairSimulation(1);
        simulation.pair.filterWire(FalsifiedWrites::new);
        assertThatThrownBy(simulation::runInPeace)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("differ");
    }

    @Test
    void aWriteThatOnlyOneReplicaHasIsFoundWhenThatOneIsLost() {
        PairSimulation simulation = new PairSimulation(2);
        simulation.pair.filterWire(FalsifiedWrites::new);
        assertThatThrownBy(simulation::runAndLoseTheLocalDisk)
                .isInstanceOf(Throwable.class)
                .hasStackTraceContaining("cell");
    }

    @Test
    void aMarkThatIsClearedWithoutACopyIsFoundByTheComparison() {
        PairSimulation simulation = new PairSimulation(3);
        simulation.pair.filterWire(DroppedCopies::new);
        assertThatThrownBy(simulation::runWithResyncs)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("differ");
    }

    @Test
    void aResyncFromAReplicaThatIsNotInSyncIsFound() throws Exception {
        PairSimulation simulation = new PairSimulation(4);
        simulation.runInPeace();
        SimulatedPair pair = simulation.pair;
        assertThat(pair.violations()).isEmpty();
        pair.observer().info("resync of the local replica begins");
        assertThat(pair.violations()).isNotEmpty();
    }

    /// Writes reach the peer with one bit changed.
    private record FalsifiedWrites(MirrorWire wire) implements MirrorWire {
        @Override
        public int read(ByteBuffer into) throws java.io.IOException {
            return wire.read(into);
        }

        @Override
        public void write(ByteBuffer[] from, int count) throws java.io.IOException {
            boolean isBatch = count == 1 && from[0].remaining() > 1024 && from[0].get(4) == Frame.WRITE;
            if (isBatch) {
                ByteBuffer changed =
                        ByteBuffer.allocate(from[0].remaining()).put(from[0]).flip();
                changed.put(changed.limit() - 5, (byte) (changed.get(changed.limit() - 5) ^ 1));
                wire.write(new ByteBuffer[] {changed}, 1);
            } else {
                wire.write(from, count);
            }
        }

        @Override
        public void close() {
            wire.close();
        }
    }

    /// Loses what a resync copies.
    private record DroppedCopies(MirrorWire wire) implements MirrorWire {
        @Override
        public int read(ByteBuffer into) throws java.io.IOException {
            return wire.read(into);
        }

        @Override
        public void write(ByteBuffer[] from, int count) throws java.io.IOException {
            boolean isCopy = count == 2 && from[0].remaining() == Frame.HEADER_BYTES && from[0].get(4) == Frame.COPY;
            if (!isCopy) {
                wire.write(from, count);
            }
        }

        @Override
        public void close() {
            wire.close();
        }
    }
}
