package understudy.volume.epoch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static understudy.volume.epoch.GuestDisk.awaitTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import understudy.volume.Lane;
import understudy.volume.LaneAbandonedException;
import understudy.volume.LaneClient.Failure;
import understudy.volume.Volume;
import understudy.volume.nbd.MemoryVolume;
import understudy.volume.nbd.MemoryVolume.Call;
import understudy.volume.nbd.MemoryVolume.Fate;
import understudy.volume.nbd.MemoryVolume.Kind;

/// The disks of a copied guest, step by step.
class DiskEpochsTest {
    private static final long SIZE = 64L << 20;
    private static final Bounds LARGE =
            new Bounds(1 << 30, DiskEpochs.FLUSHES_SOFT, 1 << 30, Duration.ofMinutes(5), Duration.ofMillis(1));
    private static final Bounds SMALL =
            new Bounds(20_000, DiskEpochs.FLUSHES_SOFT, 60_000, Duration.ofMinutes(5), Duration.ofMillis(1));

    private final MemoryVolume first = new MemoryVolume(SIZE);
    private final MemoryVolume second = new MemoryVolume(SIZE);
    private final Heard heard = new Heard();
    private DiskEpochs disks = epochs(LARGE);
    private GuestDisk one = new GuestDisk(disks.disk(0));
    private GuestDisk two = new GuestDisk(disks.disk(1));

    /// What the owner is told.
    private static final class Heard implements DiskEpochs.Listener {
        private final AtomicInteger settlings = new AtomicInteger();
        private final List<Long> applied = Collections.synchronizedList(new ArrayList<>());
        private final List<Long> durable = Collections.synchronizedList(new ArrayList<>());
        private final AtomicInteger pressures = new AtomicInteger();
        private final List<String> failures = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void settled() {
            settlings.incrementAndGet();
        }

        @Override
        public void applied(long segment) {
            applied.add(segment);
        }

        @Override
        public void durable(long epoch) {
            durable.add(epoch);
        }

        @Override
        public void pressure() {
            pressures.incrementAndGet();
        }

        @Override
        public void failed(String reason) {
            failures.add(reason);
        }
    }

    private static DiskEpochs epochs(Bounds bounds) {
        return new DiskEpochs("guest", List.of(SIZE, SIZE), Rules.ALL, bounds);
    }

    private void bound(Bounds bounds) {
        disks = epochs(bounds);
        one = new GuestDisk(disks.disk(0));
        two = new GuestDisk(disks.disk(1));
    }

    @AfterEach
    void close() {
        first.fates(_ -> Fate.AT_ONCE);
        first.letGo();
        disks.close();
    }

    private List<Volume> volumes() {
        return List.of(first, second);
    }

    private void copy() {
        disks.serve(volumes());
        disks.begin(heard);
        Sealed _ = disks.seal(1);
    }

    private static byte[] bytes(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static void write(GuestDisk disk, long offset, int length, int value) {
        int request = disk.write(offset, bytes(length, value), false);
        disk.end();
        disk.await(request);
    }

    private static void flush(GuestDisk disk) {
        int request = disk.flush();
        disk.end();
        disk.await(request);
    }

    private void commit(long epoch) {
        Sealed _ = disks.seal(epoch);
        disks.committed(epoch);
    }

    private void awaitApplied(Long... segments) {
        awaitTrue("not applied", () -> heard.applied.size() >= segments.length);
        assertThat(heard.applied).containsExactly(segments);
    }

    private static List<Call> calls(MemoryVolume volume, Kind kind) {
        return volume.calls().stream().filter(call -> call.kind() == kind).toList();
    }

    // ---- direct ---------------------------------------------------------------------------------------------

    @Test
    void requestsFailUntilThereAreVolumesAndThenGoStraightToThem() {
        int read = one.read(0, 512);
        int written = one.write(0, bytes(512, 1), false);
        one.end();
        assertThat(one.awaitAnswer(read).failure()).contains(Failure.IO);
        assertThat(one.awaitAnswer(written).failure()).contains(Failure.IO);
        assertThat(disks.isDirect()).isFalse();
        disks.serve(volumes());
        assertThat(disks.isDirect()).isTrue();
        int durable = one.write(512, bytes(512, 2), true);
        one.end();
        one.await(durable);
        assertThat(first.content(512, 512)).isEqualTo(bytes(512, 2));
        assertThat(first.isDurable(512, 512)).isTrue();
        assertThat(one.readNow(512, 512)).isEqualTo(bytes(512, 2));
        assertThat(disks.disk(0).sizeBytes()).isEqualTo(SIZE);
    }

    @Test
    void whatDoesNotFitThePhaseIsRefused() {
        assertThatThrownBy(() -> disks.begin(heard)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> disks.seal(2)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> disks.serve(List.of(first))).isInstanceOf(IllegalArgumentException.class);
        copy();
        assertThatThrownBy(() -> disks.begin(heard)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> disks.serve(volumes())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> disks.seal(1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> disks.committed(2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> disks.told(1)).isInstanceOf(IllegalArgumentException.class);
    }

    // ---- the beginning --------------------------------------------------------------------------------------

    @Test
    void theCopyingBeginsUnderWritesAndIsToldWhenTheVolumesHaveAnsweredThem() {
        disks.serve(volumes());
        first.fates(_ -> Fate.HELD);
        second.fates(_ -> Fate.HELD);
        int before = one.write(0, bytes(512, 1), false);
        int flushed = two.flush();
        one.end();
        two.end();
        disks.begin(heard);
        write(one, 512, 512, 2); // is kept, and answered
        flush(two);
        first.answerHeld();
        one.await(before);
        assertThat(heard.settlings).hasValue(0);
        second.answerHeld();
        two.await(flushed);
        assertThat(heard.settlings).hasValue(1);
        first.fates(_ -> Fate.AT_ONCE);
        second.fates(_ -> Fate.AT_ONCE);
        commit(1);
        awaitApplied(1L);
        assertThat(first.content(0, 512)).isEqualTo(bytes(512, 1));
        assertThat(first.content(512, 512)).isEqualTo(bytes(512, 2));
        assertThat(heard.settlings).hasValue(1);
    }

    /// Its pieces have one number, and an answer each; some may be kept.
    @Test
    void allPiecesOfALongWriteAreWaitedFor() {
        DirectChanges changes = new DirectChanges();
        DirectChanges.OfLane lane = changes.ofLane();
        lane.begins(7);
        lane.begins(7);
        changes.await(heard::settled);
        lane.begins(7);
        lane.ends(7); // it is kept
        lane.ends(7);
        assertThat(heard.settlings).hasValue(0);
        lane.ends(8); // a read
        lane.ends(7);
        assertThat(heard.settlings).hasValue(1);
        lane.ends(7);
        lane.endAll();
        changes.await(heard::settled);
        assertThat(heard.settlings).hasValue(2);
    }

    @Test
    void whatFailedAndWhatNobodyWaitsForIsNotWaitedFor() {
        disks.serve(volumes());
        first.fates(_ -> Fate.FAILED);
        int refused = one.write(0, bytes(512, 1), false);
        one.end();
        assertThat(one.awaitAnswer(refused).failure()).contains(Failure.IO);
        second.fates(_ -> Fate.HELD);
        int read = two.read(0, 512);
        int _ = two.write(0, bytes(512, 1), false);
        two.end();
        disks.begin(heard);
        assertThat(two.isAnswered(read)).isFalse();
        assertThat(heard.settlings).hasValue(0);
        two.close();
        assertThat(heard.settlings).hasValue(1);
    }

    // ---- order ----------------------------------------------------------------------------------------------

    @Test
    void nothingTouchesADiskBeforeItsEpochIsCommitted() {
        copy();
        write(one, 0, 512, 1);
        flush(one);
        Sealed sealed = disks.seal(2);
        assertThat(sealed.isEmpty()).isFalse();
        disks.committed(1);
        assertThat(first.calls()).isEmpty();
        assertThat(one.readNow(0, 512)).isEqualTo(bytes(512, 1));
        assertThat(first.calls()).isEmpty();
        disks.committed(2);
        awaitApplied(1L);
        assertThat(first.content(0, 512)).isEqualTo(bytes(512, 1));
        assertThat(first.isDurable(0, 512)).isTrue();
    }

    @Test
    void aSegmentIsBegunWhenTheStandbyKnowsOfTheOneBefore() {
        copy();
        write(one, 0, 512, 1);
        flush(one);
        write(one, 0, 512, 2);
        flush(one);
        commit(2);
        awaitApplied(1L);
        assertThat(first.content(0, 512)).isEqualTo(bytes(512, 1));
        assertThat(disks.durable()).isEqualTo(1);
        assertThat(one.readNow(0, 512)).isEqualTo(bytes(512, 2));
        disks.told(1);
        awaitApplied(1L, 2L);
        assertThat(first.content(0, 512)).isEqualTo(bytes(512, 2));
        awaitTrue("not durable", () -> disks.durable() == 2);
    }

    @Test
    void anEpochWithoutFlushesIsDurableWhenItIsCommitted() {
        copy();
        disks.committed(1);
        assertThat(disks.durable()).isEqualTo(1);
        write(one, 0, 512, 1);
        first.fates(_ -> Fate.HELD);
        commit(2);
        assertThat(disks.durable()).isEqualTo(2);
        flush(two);
        commit(3);
        assertThat(disks.durable()).isEqualTo(2);
        awaitTrue("nothing is written", () -> first.held() == 1);
        first.fates(_ -> Fate.AT_ONCE);
        first.answerHeld();
        awaitApplied(1L);
        disks.told(1);
        awaitTrue("not durable", () -> heard.durable.contains(3L));
        assertThat(disks.durable()).isEqualTo(3);
        assertThat(heard.durable).containsExactly(1L, 2L, 3L);
    }

    @Test
    void aFlushIsOneOfEveryDiskWithUnflushedWrites() {
        copy();
        flush(one);
        commit(2);
        awaitApplied(1L);
        disks.told(1);
        first.calls().clear();
        second.calls().clear();
        write(one, 0, 512, 1);
        commit(3);
        awaitApplied(1L, 2L);
        disks.told(2);
        write(two, 0, 512, 1);
        flush(two);
        commit(4);
        awaitApplied(1L, 2L, 3L);
        assertThat(calls(first, Kind.FLUSH)).hasSize(1);
        assertThat(calls(second, Kind.FLUSH)).hasSize(1);
        disks.told(3);
        write(two, 0, 512, 1);
        flush(one);
        commit(5);
        awaitApplied(1L, 2L, 3L, 4L);
        assertThat(calls(first, Kind.FLUSH)).hasSize(1);
        assertThat(calls(second, Kind.FLUSH)).hasSize(2);
    }

    @Test
    void aFlushWithNothingToFlushEndsNothing() {
        copy();
        flush(one);
        assertThat(disks.seal(2).isEmpty()).isFalse(); // of what was written before, perhaps
        flush(one);
        flush(two);
        assertThat(disks.seal(3).isEmpty()).isTrue();
        int durable = one.write(0, bytes(512, 1), true);
        one.end();
        one.await(durable);
        flush(one);
        assertThat(disks.seal(4).segments())
                .singleElement()
                .satisfies(segment -> assertThat(segment.endsInFlush()).isTrue());
    }

    @Test
    void writesSideBySideAreOneAndLongOnesAreCut() {
        copy();
        for (int i = 0; i < 8; i++) {
            write(one, 1000 + 512L * i, 512, i);
        }
        int zeros = one.zero(8 << 20, SIZE - (8 << 20), true, false);
        int large = one.write((2 << 20) + 100, bytes(3 << 20, 7), false);
        one.end();
        one.await(zeros);
        one.await(large);
        commit(2);
        awaitApplied(1L);
        assertThat(calls(first, Kind.WRITE))
                .extracting(Call::length)
                .containsExactly(4096L, (1L << 20) - 100, 1L << 20, 1L << 20, 100L);
        assertThat(calls(first, Kind.ZERO)).extracting(Call::length).containsExactly(SIZE - (8 << 20));
        assertThat(first.content((2 << 20) + 100, 3 << 20)).isEqualTo(bytes(3 << 20, 7));
        assertThat(first.content(1000 + 512 * 3, 512)).isEqualTo(bytes(512, 3));
    }

    // ---- reads ----------------------------------------------------------------------------------------------

    @Test
    void aReadSeesWhatWasKeptWhenItWasSubmitted() {
        disks.serve(volumes());
        write(one, 0, 3 * 512, 1);
        disks.begin(heard);
        write(one, 512, 512, 2);
        first.fates(call -> call.kind() == Kind.READ ? Fate.HELD : Fate.AT_ONCE);
        int read = one.read(0, 3 * 512);
        assertThat(one.isAnswered(read)).isFalse();
        write(one, 512, 512, 3);
        commit(2);
        awaitApplied(1L);
        first.answerHeld();
        byte[] data = one.await(read);
        assertThat(Arrays.copyOfRange(data, 0, 512)).isEqualTo(bytes(512, 1));
        assertThat(Arrays.copyOfRange(data, 512, 1024)).isEqualTo(bytes(512, 2));
        assertThat(Arrays.copyOfRange(data, 1024, 1536)).isEqualTo(bytes(512, 1));
    }

    @Test
    void aReadDuringWhichItsThreadIsLostIsLaidOver() throws InterruptedException {
        copy();
        write(one, 512, 512, 2);
        first.fates(call -> call.kind() == Kind.READ ? Fate.HANGING : Fate.AT_ONCE);
        Thread lost = Thread.ofPlatform()
                .daemon()
                .start(() -> assertThatThrownBy(() -> one.read(0, 1024)).isInstanceOf(LaneAbandonedException.class));
        awaitTrue("nothing hangs", () -> first.hanging() == 1);
        first.loseThreads();
        assertThat(one.threadsLost()).isEqualTo(1);
        first.answerHeld();
        byte[] data = one.await(2);
        assertThat(Arrays.copyOfRange(data, 0, 512)).isEqualTo(bytes(512, 0));
        assertThat(Arrays.copyOfRange(data, 512, 1024)).isEqualTo(bytes(512, 2));
        first.letGo();
        lost.join();
    }

    @Test
    void whatIsKeptCountsAsData() {
        copy();
        int zeros = one.zero(8192, 4096, true, false);
        one.end();
        one.await(zeros);
        Lane lane = one.lane();
        assertThat(lane.allocation(0, SIZE, 10)).containsExactly(new Lane.Allocation(8192, true, true));
        assertThat(lane.allocation(8192, SIZE - 8192, 10)).containsExactly(new Lane.Allocation(4096, false, false));
        assertThat(lane.allocation(10_000, 1000, 10)).containsExactly(new Lane.Allocation(1000, false, false));
        assertThat(lane.allocation(12_288, 4096, 10)).isNotEmpty().allMatch(Lane.Allocation::hole);
    }

    // ---- bounds ---------------------------------------------------------------------------------------------

    @Test
    void aGuestThatWritesMuchIsSlowedDownUntilItIsLetThrough() throws InterruptedException {
        bound(SMALL);
        copy();
        write(one, 0, 16_384, 1);
        assertThat(heard.pressures).hasValue(0);
        CountDownLatch ended = new CountDownLatch(1);
        Thread.ofPlatform().daemon().start(() -> {
            write(one, 16_384, 16_384, 2);
            ended.countDown();
        });
        awaitTrue("no pressure", () -> heard.pressures.get() == 1);
        assertThat(ended.getCount()).isEqualTo(1);
        disks.letThrough();
        ended.await();
        write(one, 32_768, 512, 3); // before the guest is paused
        assertThat(heard.pressures).hasValue(1);
        assertThat(one.readNow(16_384, 512)).isEqualTo(bytes(512, 2));
    }

    @Test
    void aGuestIsNotSlowedDownAnyMoreWhenLessIsKept() throws InterruptedException {
        bound(SMALL);
        copy();
        first.fates(_ -> Fate.HELD);
        write(one, 0, 16_384, 1);
        commit(2);
        awaitTrue("nothing is written", () -> first.held() == 1);
        CountDownLatch ended = new CountDownLatch(1);
        Thread.ofPlatform().daemon().start(() -> {
            write(one, 16_384, 16_384, 2);
            ended.countDown();
        });
        awaitTrue("no pressure", () -> heard.pressures.get() == 1);
        assertThat(ended.getCount()).isEqualTo(1);
        first.answerHeld();
        ended.await();
        awaitApplied(1L);
    }

    @Test
    void whoeverKeepsTooMuchIsToldOnceAndStillAnswered() {
        bound(SMALL);
        copy();
        disks.letThrough();
        for (int i = 0; i < 8; i++) {
            write(one, i * 16_384L, 16_384, i);
        }
        assertThat(heard.failures).hasSize(1);
        assertThat(heard.pressures).hasValue(1);
        CountDownLatch drained = new CountDownLatch(1);
        disks.drain(drained::countDown);
        awaitTrue("not drained", () -> drained.getCount() == 0);
        assertThat(first.content(7 * 16_384L, 512)).isEqualTo(bytes(512, 7));
    }

    @Test
    void aGuestThatFlushesFasterThanItsDisksIsSlowedDown() throws InterruptedException {
        copy();
        Thread guest = Thread.ofPlatform().daemon().start(() -> {
            for (int i = 0; i <= DiskEpochs.FLUSHES_SOFT; i++) {
                write(one, 0, 512, i);
                flush(one);
            }
        });
        awaitTrue("it does not wait", () -> guest.getState() == Thread.State.TIMED_WAITING);
        disks.letThrough();
        guest.join();
        assertThat(heard.failures).isEmpty();
    }

    @Test
    void whoeverKeepsTooMuchWaitsUntilThatIsOver() throws InterruptedException {
        bound(new Bounds(20_000, DiskEpochs.FLUSHES_SOFT, 60_000, Duration.ZERO, Duration.ofMillis(1)));
        copy();
        AtomicInteger written = new AtomicInteger();
        Thread guest = Thread.ofPlatform().daemon().start(() -> {
            for (int i = 0; i < 8; i++) {
                write(one, i * 16_384L, 16_384, i);
                written.incrementAndGet();
            }
        });
        awaitTrue("it does not wait", () -> guest.getState() == Thread.State.TIMED_WAITING);
        assertThat(heard.failures).hasSize(1);
        assertThat(written).hasValueLessThan(8);
        disks.drain(() -> {});
        guest.join();
        assertThat(one.readNow(7 * 16_384L, 512)).isEqualTo(bytes(512, 7));
    }

    @Test
    void theSamePlaceWrittenAgainAndAgainIsKeptOnce() {
        bound(SMALL);
        copy();
        for (int i = 0; i < 1_000; i++) {
            write(one, 512, 4096, i);
        }
        assertThat(heard.pressures).hasValue(0);
    }

    // ---- drain ----------------------------------------------------------------------------------------------

    @Test
    void whileItDrainsWritesWaitAndReadsGoOn() throws InterruptedException {
        copy();
        write(one, 0, 512, 1);
        write(two, 0, 512, 1);
        first.fates(call -> call.kind() == Kind.WRITE ? Fate.HELD : Fate.AT_ONCE);
        CountDownLatch drained = new CountDownLatch(2);
        disks.drain(drained::countDown);
        disks.drain(drained::countDown);
        awaitTrue("nothing is written", () -> first.held() == 1);
        CountDownLatch ended = new CountDownLatch(1);
        GuestDisk other = new GuestDisk(disks.disk(0));
        Thread.ofPlatform().daemon().start(() -> {
            int written = other.write(0, bytes(512, 2), true);
            other.end();
            other.await(written);
            ended.countDown();
        });
        assertThat(one.readNow(0, 512)).isEqualTo(bytes(512, 1));
        assertThat(disks.isDirect()).isFalse();
        assertThat(ended.getCount()).isEqualTo(1);
        first.fates(_ -> Fate.AT_ONCE);
        first.answerHeld();
        drained.await();
        ended.await();
        assertThat(disks.isDirect()).isTrue();
        assertThat(first.content(0, 512)).isEqualTo(bytes(512, 2));
        assertThat(second.content(0, 512)).isEqualTo(bytes(512, 1));
        assertThat(second.isDurable(0, 512)).isTrue();
        assertThat(heard.applied).isEmpty();
    }

    @Test
    void aDrainOfNothingIsOverAtOnce() {
        AtomicInteger drained = new AtomicInteger();
        disks.drain(drained::incrementAndGet);
        disks.serve(volumes());
        disks.drain(drained::incrementAndGet);
        assertThat(drained).hasValue(2);
        assertThat(disks.isDirect()).isTrue();
    }

    @Test
    void lateWordOfADrainedCopyingIsOfNoMeaning() {
        copy();
        write(one, 0, 512, 1);
        Sealed _ = disks.seal(2);
        CountDownLatch drained = new CountDownLatch(1);
        disks.drain(drained::countDown);
        disks.committed(2);
        disks.told(1);
        awaitTrue("not drained", () -> drained.getCount() == 0);
        disks.committed(2);
        disks.told(1);
        assertThatThrownBy(() -> disks.seal(3)).isInstanceOf(IllegalStateException.class);
        assertThat(disks.durable()).isEqualTo(2);
        disks.begin(heard);
        assertThat(disks.durable()).isZero();
    }

    @Test
    void aTakeoverFlushesEveryDiskEvenIfNothingIsKept() {
        second.fates(_ -> Fate.HELD);
        CountDownLatch drained = new CountDownLatch(1);
        disks.takeOver(volumes(), List.of(), drained::countDown);
        awaitTrue("no flush", () -> second.held() == 1);
        assertThat(drained.getCount()).isEqualTo(1);
        assertThat(disks.isDirect()).isFalse();
        second.answerHeld();
        awaitTrue("not drained", () -> drained.getCount() == 0);
        assertThat(calls(first, Kind.FLUSH)).hasSize(1);
        assertThat(calls(second, Kind.FLUSH)).hasSize(1);
        awaitTrue("lanes are left open", () -> first.openLanes() == 0 && second.openLanes() == 0);
    }

    // ---- failures -------------------------------------------------------------------------------------------

    @Test
    void whatAVolumeRefusesIsToldOnceAndTriedAgain() {
        copy();
        write(one, 0, 512, 1);
        write(one, 8192, 512, 2);
        flush(one);
        AtomicInteger refusals = new AtomicInteger();
        first.fates(call -> call.offset() == 8192 && refusals.incrementAndGet() <= 3 ? Fate.FAILED : Fate.AT_ONCE);
        commit(2);
        awaitApplied(1L);
        assertThat(heard.failures).singleElement().asString().contains("disk 0", "IO");
        assertThat(refusals).hasValueGreaterThan(3);
        assertThat(first.content(8192, 512)).isEqualTo(bytes(512, 2));
    }

    @Test
    void aRefusedFlushIsNoneAndADrainTriesAgain() {
        copy();
        write(one, 0, 512, 1);
        AtomicInteger refusals = new AtomicInteger();
        first.fates(call -> call.kind() == Kind.FLUSH && refusals.incrementAndGet() <= 3 ? Fate.FAILED : Fate.AT_ONCE);
        CountDownLatch drained = new CountDownLatch(1);
        disks.drain(drained::countDown);
        awaitTrue("not drained", () -> drained.getCount() == 0);
        assertThat(refusals).hasValueGreaterThan(3);
        assertThat(first.isDurable(0, 512)).isTrue();
    }

    @Test
    void anotherThreadGoesOnForOneThatHangsInAVolume() {
        copy();
        write(one, 0, 512, 1);
        write(one, 8192, 512, 2);
        write(two, 0, 512, 3);
        flush(one);
        AtomicInteger hangs = new AtomicInteger();
        first.fates(call -> call.offset() == 8192 && hangs.incrementAndGet() == 1 ? Fate.HANGING : Fate.AT_ONCE);
        commit(2);
        awaitTrue("nothing hangs", () -> first.hanging() == 1);
        assertThat(heard.applied).isEmpty();
        first.loseThreads();
        awaitApplied(1L);
        assertThat(first.content(8192, 512)).isEqualTo(bytes(512, 2));
        assertThat(second.content(0, 512)).isEqualTo(bytes(512, 3));
        assertThat(heard.failures).isEmpty();
        first.letGo();
        awaitTrue("it does not come back", () -> first.abandoned() == 1);
        disks.told(1);
        write(one, 0, 512, 4);
        commit(3);
        awaitApplied(1L, 2L);
    }

    @Test
    void closingWakesWhoeverWaits() {
        bound(SMALL);
        copy();
        first.fates(_ -> Fate.HELD);
        List<GuestDisk.Answer> answers = Collections.synchronizedList(new ArrayList<>());
        Thread.ofPlatform().daemon().start(() -> {
            int written = one.write(0, bytes(32_768, 1), false);
            one.end();
            answers.add(one.awaitAnswer(written));
        });
        awaitTrue("no pressure", () -> heard.pressures.get() == 1);
        disks.close();
        awaitTrue("it still waits", () -> answers.size() == 1);
        assertThat(answers.getFirst().failure()).contains(Failure.SHUTTING_DOWN);
        int read = two.read(0, 512);
        assertThat(two.awaitAnswer(read).failure()).contains(Failure.SHUTTING_DOWN);
        disks.close();
    }

    @Test
    void closingTellsAGuestThatGoesOnOfNoErrors() {
        disks.serve(volumes());
        disks.close();
        write(one, 0, 512, 1);
        assertThat(first.content(0, 512)).isEqualTo(bytes(512, 1));
    }

    @Test
    void closingEndsADrain() {
        copy();
        write(one, 0, 512, 1);
        first.fates(_ -> Fate.HELD);
        AtomicInteger drained = new AtomicInteger();
        disks.drain(drained::incrementAndGet);
        awaitTrue("nothing is written", () -> first.held() == 1);
        List<GuestDisk.Answer> answers = Collections.synchronizedList(new ArrayList<>());
        Thread waiting = Thread.ofPlatform().daemon().start(() -> {
            int written = two.write(0, bytes(512, 1), false);
            two.end();
            answers.add(two.awaitAnswer(written));
        });
        awaitTrue("it does not wait", () -> waiting.getState() == Thread.State.WAITING);
        disks.close();
        awaitTrue("it still waits", () -> answers.size() == 1);
        assertThat(answers.getFirst().failure()).contains(Failure.SHUTTING_DOWN);
        assertThat(drained).hasValue(0);
        assertThat(calls(second, Kind.WRITE)).isEmpty();
    }
}
