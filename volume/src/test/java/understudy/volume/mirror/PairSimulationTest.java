package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import understudy.volume.mirror.Medium.Fault;

/// The real engine on both sides, with faults of all kinds, and checkers; and that these find bugs.
class PairSimulationTest {
    /// To run one seed, or many: `-Dseed=N` and `-Dseeds=N`.
    static LongStream seeds() {
        return LongStream.range(0, Long.getLong("seeds", 20)).map(i -> Long.getLong("seed", 1) + i);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingAcknowledgedIsLostAndReplicasEndEqual(long seed) {
        new PairSimulation(seed).run();
    }

    /// Nobody writes, and nobody reads anything that is not in memory.
    @ParameterizedTest
    @CsvSource({"true, DEAD", "false, DEAD", "true, HANGS", "false, HANGS", "true, SYNC_ERROR", "false, SYNC_ERROR"})
    void aDiskThatFailsUnderAnIdleVolumeIsNoticed(boolean isHere, Fault fault) {
        PairSimulation simulation = new PairSimulation(isHere ? 3 : 4);
        simulation.run(() -> simulation.quiet(() -> {
            simulation.threads.sleep(60_000_000_000L);
            assertThat(simulation.pair.isProtected()).as("a probe does no harm").isTrue();
            SimulatedPair.Side side = isHere ? simulation.pair.here : simulation.pair.there;
            side.fail(fault, 0);
            side.meta.fail(fault, 0);
            simulation.threads.sleep(2 * Probes.PERIOD_NANOS + 2 * Probes.PATIENCE_NANOS);
            assertThat(simulation.pair.isProtected()).isFalse();
            side.mend();
            simulation.awaitProtection();
        }));
    }

    /// Calls that a bug of one line might leave out, and what is found then.
    static Stream<Arguments> bugs() {
        String mirror = "understudy.volume.mirror.";
        return Stream.of(
                // Writes are answered without the peer.
                arguments(new Mutant(mirror + "Mutations", "mirrored", "needsPeer"), "differ"),
                // ... and without the local disk; flushes without it.
                arguments(new Mutant(mirror + "Mutations", "mirrored", "writeOrMend"), "not decided"),
                arguments(new Mutant(mirror + "Flushes", "syncs", "sync"), "not decided"),
                // What is copied overwrites what clients wrote meanwhile.
                arguments(new Mutant(mirror + "Mutations", "attempt", "touchCopies"), "differ"),
                // Marks are cleared without a copy.
                arguments(new Mutant(mirror + "PeerLink", "copy", "send"), "differ"),
                // A write into an extent of which no log says that its checksums may be old.
                arguments(
                        new Mutant("understudy.volume.store.ActivityLog", "heat", "write"),
                        "or never made, without a copy"),
                // A view is taken for another one, and a replica that is not in sync for one that is.
                arguments(new Mutant(mirror + "ServedVolume", "learn", "isPresent"), "a resync from"));
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void aBugOfOneLineIsFound(Mutant bug, String found) {
        for (long seed = 1; seed <= 30; seed++) {
            try {
                bug.simulate(seed);
            } catch (AssertionError e) {
                assertThat(e).hasMessageContaining(found);
                return;
            }
        }
        fail("nothing was found");
    }

    @Test
    void aSeedSaysAllThatHappens() {
        PairSimulation one = new PairSimulation(7);
        PairSimulation other = new PairSimulation(7);
        one.run();
        other.run();
        assertThat(other.story()).isEqualTo(one.story());
        assertThat(other.threads.print()).isEqualTo(one.threads.print());
    }
}
