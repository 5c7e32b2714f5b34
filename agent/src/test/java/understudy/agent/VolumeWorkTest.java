package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static understudy.agent.VolumePair.DISK;
import static understudy.agent.VolumePair.H1;
import static understudy.agent.VolumePair.H2;
import static understudy.agent.VolumePair.SPEC;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.api.Resync;
import understudy.api.ResyncTerms;
import understudy.api.Scrub;
import understudy.api.VmState;
import understudy.api.VolumePieces;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.model.Problem;
import understudy.model.VmRecord;
import understudy.volume.mirror.ServedVolume;
import understudy.volume.store.Expected;
import understudy.volume.store.ReplicaStore;

/// What people do to volumes, on a pair of hosts with real files and connections.
class VolumeWorkTest {
    private static final byte[] DATA = new byte[1 << 20];

    static {
        Arrays.fill(DATA, (byte) 3);
    }

    @TempDir
    Path directory;

    private VolumePair pair;

    @BeforeEach
    void open() throws IOException {
        pair = new VolumePair(directory);
        pair.tell();
        soon(() ->
                Files.exists(pair.host(H1).file()) && Files.exists(pair.host(H2).file()));
    }

    @AfterEach
    void close() {
        pair.close();
    }

    private static void soon(Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(10))
                .until(condition);
    }

    private void start() {
        pair.start(H1, H1);
        soon(() -> pair.host(H1).volumes.serving(DISK.id()).isPresent());
        pair.write(H1, 0, DATA);
        soon(() -> pair.isWhole()
                && pair.host(H1)
                        .volumes
                        .serving(DISK.id())
                        .filter(ServedVolume::isProtected)
                        .isPresent());
    }

    private void corrupt(HostName host, long offset) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(pair.host(host).file().toFile(), "rw")) {
            raw.seek(offset);
            raw.write(77);
        }
    }

    private Scrub scrubbed() {
        VolumePair.Host h1 = pair.host(H1);
        h1.work.scrub(DISK.id(), h1.volumes::serving);
        soon(() -> h1.work
                .lastScrub(DISK.id())
                .filter(it -> it.ended().isPresent())
                .isPresent());
        return h1.work.lastScrub(DISK.id()).orElseThrow();
    }

    private static void assertRefused(String code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Problem.Refused.class,
                        refused -> assertThat(refused.problem().code()).isEqualTo(code));
    }

    @Test
    void aScrubMendsWhatIsCorruptOnEitherHostAndIsRemembered() throws IOException {
        start();
        corrupt(H1, 4096);
        corrupt(H2, 9 * 4096);
        Scrub first = scrubbed();
        assertThat(first.trouble()).isEmpty();
        assertThat(first.corrupt()).isEqualTo(1);
        assertThat(first.peer()).isEqualTo(1);
        assertThat(first.endedWell()).isTrue();
        assertThat(scrubbed().found()).isZero();
        pair.stop();
        soon(() -> Files.mismatch(pair.host(H1).file(), pair.host(H2).file()) == -1);

        VolumePair.Host h1 = pair.host(H1);
        VolumeWork later = new VolumeWork(h1.desk, directory.resolve("h1").resolve("scrubs"));
        assertThat(later.lastScrub(DISK.id())).isEqualTo(h1.work.lastScrub(DISK.id()));
        later.forget();
        assertThat(new VolumeWork(h1.desk, directory.resolve("h1").resolve("scrubs")).lastScrub(DISK.id()))
                .isEmpty();
    }

    /// Of `h1`, by clocks of its own.
    private final class Unasked {
        private final AtomicReference<Instant> wall = new AtomicReference<>(Instant.now());
        private final VolumeWork work = pair.host(H1).work;
        private final UnaskedScrubs scrubs = new UnaskedScrubs(pair.host(H1).desk, work, wall::get);
        private Moment now = pair.host(H1).desk.now();

        void after(Duration time) {
            wall.updateAndGet(it -> it.plus(time));
            now = now.plus(time);
            scrubs.tick(now, pair.host(H1).volumes::serving);
        }

        Optional<Scrub> last() {
            return work.lastScrub(DISK.id());
        }

        Scrub soonEnded() {
            assertThat(last()).as("begun by now").isPresent();
            soon(() -> last().flatMap(Scrub::ended).isPresent());
            return last().orElseThrow();
        }
    }

    @Test
    void whatNobodyReadsIsScrubbedOnceAWeekWithoutAnybodysAsking() throws IOException {
        start();
        corrupt(H2, 9 * 4096);
        Unasked unasked = new Unasked();
        unasked.after(Duration.ZERO);
        unasked.after(Duration.ofMinutes(59));
        assertThat(unasked.last()).as("in the first hour").isEmpty();

        unasked.after(Duration.ofMinutes(1));
        Scrub first = unasked.soonEnded();
        assertThat(first.peer()).isEqualTo(1);
        assertThat(first.endedWell()).isTrue();

        unasked.after(Duration.ofDays(6));
        assertThat(unasked.last()).as("six days later").contains(first);

        unasked.after(Duration.ofHours(25));
        Scrub second = unasked.soonEnded();
        assertThat(second.began()).isAfter(first.began());
        assertThat(second.found()).isZero();
    }

    @Test
    void whatTheOtherHostHasScrubbedIsNotScrubbedAgain() {
        start();
        Unasked unasked = new Unasked();
        unasked.after(Duration.ZERO);
        Instant began = Instant.now().minus(Duration.ofDays(1));
        Scrub theirs = new Scrub(H2, began, Optional.of(began), 1, true, 0, 0, 0, 0, "");
        VolumeReport told =
                new VolumeReport(DISK.id(), false, "", Optional.empty(), Optional.empty(), Optional.of(theirs));
        pair.host(H1).peersReport = Optional.of(new VmReport(
                SPEC.id(), VmState.STOPPED, false, "", Optional.empty(), Optional.empty(), List.of(told), List.of()));

        unasked.after(Duration.ofHours(2));

        assertThat(unasked.last()).isEmpty();
    }

    @Test
    void whatHasOneReplicaInSyncOrIsPausedIsNotScrubbed() throws IOException {
        start();
        Unasked unasked = new Unasked();
        unasked.after(Duration.ZERO);
        VolumePair.Host h1 = pair.host(H1);
        h1.work.resync(DISK.id(), new ResyncTerms(Optional.of(true), Optional.empty()), h1.volumes::serving);
        unasked.after(Duration.ofHours(2));
        assertThat(unasked.last()).as("paused").isEmpty();

        h1.work.resync(DISK.id(), new ResyncTerms(Optional.of(false), Optional.empty()), h1.volumes::serving);
        unasked.after(Duration.ofMinutes(1));
        pair.host(H2).end();
        soon(() -> h1.volumes.serving(DISK.id()).filter(it -> !it.isProtected()).isPresent());
        unasked.after(Duration.ofHours(2));
        assertThat(unasked.last()).as("with one replica").isEmpty();
    }

    @Test
    void aVolumeThatIsNotServedIsNeitherScrubbedNorBroughtBack() {
        VolumePair.Host h2 = pair.host(H2);
        ResyncTerms terms = new ResyncTerms(Optional.of(true), Optional.empty());
        assertRefused("vm-not-running", () -> h2.work.scrub(DISK.id(), h2.volumes::serving));
        assertRefused("vm-not-running", () -> h2.work.resync(DISK.id(), terms, h2.volumes::serving));
    }

    @Test
    void aResyncThatIsPausedGoesOnWhenItIsResumed() throws IOException {
        start();
        VolumePair.Host h1 = pair.host(H1);
        h1.work.resync(
                DISK.id(),
                new ResyncTerms(Optional.of(true), Optional.of(ByteSize.ofMebibytes(900))),
                h1.volumes::serving);
        pair.stop();
        soon(() -> h1.volumes.serving(DISK.id()).isEmpty());
        pair.host(H2).desk.run(pair.host(H2).volumes::close);
        Path other = pair.host(H2).file();
        soon(() -> ReplicaStore.inspect(other, Expected.ANYTHING).isClean());
        VolumePair.replaceDisk(pair.host(H2));
        pair.start(H1, H1);
        soon(() -> h1.volumes.serving(DISK.id()).isPresent() && resync().to().equals(Optional.of(H2)));
        assertThat(resync().paused()).isTrue();
        assertThat(resync().limit()).contains(ByteSize.ofMebibytes(900));
        assertThat(resync().secondsLeft()).isEmpty();
        assertThat(pair.isWhole()).isFalse();
        h1.work.resync(
                DISK.id(), new ResyncTerms(Optional.of(false), Optional.of(new ByteSize(0))), h1.volumes::serving);
        soon(pair::isWhole);
        soon(() -> resync().equals(Resync.idle(false, Optional.empty())));
    }

    private Resync resync() {
        VolumePair.Host h1 = pair.host(H1);
        return h1.work.resync(DISK.id(), h1.volumes.serving(DISK.id()).orElseThrow());
    }

    @Test
    void aDiskIsExportedFromEitherHostOnceItsVmIsStopped() throws IOException {
        start();
        Exports exports = new Exports(pair.host(H2).volumes, H2);
        exports.learnt(new VmRecord(SPEC, true, pair.view()));
        assertRefused("vm-not-stopped", () -> exports.send(DISK.id(), new Sum()));
        pair.stop();
        VmRecord stopped = new VmRecord(SPEC, false, pair.view());
        for (HostName host : new HostName[] {H2, H1, H2}) {
            Exports here = new Exports(pair.host(host).volumes, host);
            here.learnt(stopped);
            Sum sum = new Sum();
            here.send(DISK.id(), sum);
            assertThat(sum.sum).as(host.value()).isEqualTo(3L * DATA.length);
            assertThat(sum.size).isEqualTo(DISK.size().bytes());
        }
        start();
    }

    @Test
    void anExportEndsWhenSomebodyWantsTheVmToRun() throws IOException {
        start();
        pair.stop();
        Exports exports = new Exports(pair.host(H1).volumes, H1);
        exports.learnt(new VmRecord(SPEC, false, pair.view()));
        Sum slow = new Sum() {
            @Override
            public void piece(long offset, byte[] bytes, int length) throws IOException {
                exports.learnt(new VmRecord(SPEC, true, pair.view()));
                try {
                    Thread.sleep(Duration.ofSeconds(60));
                } catch (InterruptedException e) {
                    throw new IOException("interrupted", e);
                }
            }
        };
        assertRefused("vm-not-stopped", () -> exports.send(DISK.id(), slow));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        start();
    }

    /// Adds up what comes.
    private static class Sum implements VolumePieces.Sink {
        private long sum;
        private long size = -1;

        @Override
        public void piece(long offset, byte[] bytes, int length) throws IOException {
            for (int i = 0; i < length; i++) {
                sum += bytes[i];
            }
        }

        @Override
        public void end(long all) {
            size = all;
        }
    }
}
