package understudy.volume.mirror;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import understudy.volume.Geometry;
import understudy.volume.mirror.Medium.Fault;
import understudy.volume.store.BadBlocks;

/// A pair, clients that know what they may read, and faults, all from a seed: the engine's own classes on
/// disks and a wire in memory, under [SimulatedThreads]. At most one replica at a time may lose what it
/// confirmed; links may break and processes be killed at any time.
final class PairSimulation {
    private static final int CLIENTS = 2;
    private static final int CELLS = 100;
    private static final int EVENTS = 20;
    private static final Duration DEADLINE = Duration.ofMillis(500);
    private static final long HEALING_MILLIS = 30_000;
    private static final long ENDING_MILLIS = 400_000;

    private final long seed;
    private final RandomGenerator random;
    final SimulatedThreads threads;
    final SimulatedPair pair;
    private final List<Cells> cells = new ArrayList<>();
    private final List<Thread> clients = new ArrayList<>();

    /// Where the last copy of something rotted, until it is written anew.
    private final BitSet doubtful = new BitSet();
    private Optional<Throwable> failure = Optional.empty();
    private boolean isStill;
    private boolean isLocalTarget;
    private int acting;
    private boolean isOver;

    PairSimulation(long seed) {
        this.seed = seed;
        SplittableRandom root = new SplittableRandom(seed);
        random = root.split();
        threads = new SimulatedThreads(root.split());
        pair = new SimulatedPair(threads, threads, DEADLINE);
        pair.listen(this::hear);
        pair.here.meta.onSync(() -> inspect(16));
        pair.there.meta.onSync(() -> inspect(16));
        int[] places = root.split()
                .ints(0, SimulatedPair.SIZE / Cells.BYTES)
                .distinct()
                .limit((long) CLIENTS * CELLS)
                .map(i -> i * Cells.BYTES)
                .toArray();
        for (int i = 0; i < CLIENTS; i++) {
            int[] own = Arrays.copyOfRange(places, i * CELLS, (i + 1) * CELLS);
            cells.add(new Cells("client " + i, own, doubtful, threads, root.split()));
        }
    }

    /// A part of a run, on a simulated thread.
    interface Script {
        void run() throws Exception;
    }

    /// Faults of all kinds.
    void run() {
        run(() -> {
            for (int i = 0; i < EVENTS; i++) {
                pause(30);
                if (random.nextInt(3) == 0 && pair.isProtected()) {
                    loseAReplica();
                } else {
                    disturb();
                }
            }
        });
    }

    /// A run with these events between its beginning and its end.
    void run(Script events) {
        try {
            threads.run(() -> {
                try {
                    begin();
                    events.run();
                    end();
                } catch (Throwable e) {
                    fail(e);
                }
            });
        } catch (AssertionError e) {
            fail(e);
        }
        if (failure.isPresent()) {
            throw new AssertionError(
                    "seed %d (repeat: -Dseed=%d -Dseeds=1): %s%n%s"
                            .formatted(seed, seed, failure.get().getMessage(), pair.story()),
                    failure.get());
        }
    }

    private void fail(Throwable e) {
        failure = Optional.of(failure.orElse(e));
    }

    /// What happened, without the names that chance gave.
    String story() {
        return pair.story().replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "UUID");
    }

    private void begin() throws Exception {
        pair.startReplica();
        pair.startServing();
        awaitProtection();
        for (Cells some : cells) {
            clients.add(threads.start("client", () -> act(some)));
        }
    }

    private void act(Cells some) {
        try {
            while (!isOver) {
                if (isStill || !pair.isServing()) {
                    threads.sleep(1_000_000);
                } else {
                    acting++;
                    some.act(pair.client());
                    acting--;
                    threads.pause(3_000_000);
                }
            }
        } catch (Throwable e) {
            fail(e);
        }
    }

    /// Without requests under way.
    void quiet(Script action) throws Exception {
        isStill = true;
        while (acting > 0) {
            check();
            threads.sleep(1_000_000);
        }
        action.run();
        isStill = false;
    }

    void pause(int millisMax) throws Exception {
        threads.sleep(1 + random.nextLong(millisMax * 1_000_000L));
        check();
        inspect(4);
    }

    private void check() {
        if (failure.isPresent()) {
            throw new AssertionError("it has failed already");
        }
    }

    void note(String what) {
        pair.hear("--- %d ms: %s".formatted(threads.millis(), what));
    }

    // ---- faults ---------------------------------------------------------------------------------------------

    /// Nothing that costs a replica anything that it confirmed.
    private void disturb() throws Exception {
        switch (random.nextInt(6)) {
            case 0 -> {
                note("cut the wire");
                pair.cutWire();
            }
            case 1 -> {
                note("silence the wire");
                pair.silenceWire();
            }
            case 2 -> killReplica(() -> {});
            case 3 -> killServing(() -> {});
            default -> {}
        }
    }

    void killReplica(Runnable meanwhile) throws Exception {
        note("kill the replica");
        pair.killReplica();
        meanwhile.run();
        pause(50);
        pair.startReplica();
    }

    void killServing(Runnable meanwhile) {
        note("kill the serving side");
        pair.killServing();
        meanwhile.run();
        pair.startServing();
    }

    private void loseAReplica() throws Exception {
        boolean isHere = random.nextBoolean();
        SimulatedPair.Side side = isHere ? pair.here : pair.there;
        String where = isHere ? " here" : " there";
        switch (random.nextInt(8)) {
            case 0 -> fail(isHere, Fault.DEAD);
            case 1 -> fail(isHere, Fault.FULL);
            case 2 -> fail(isHere, Fault.SYNC_ERROR);
            case 3 -> fail(isHere, Fault.HANGS);
            case 4 -> losePower(isHere);
            case 5 -> {
                note("replace the disk" + where);
                kill(isHere, side::replace);
            }
            case 6 -> losePowerOnBothSides();
            default -> flipBits(isHere);
        }
        for (int i = random.nextInt(4); i > 0 && !pair.isProtected(); i--) {
            pause(60);
            again(isHere);
        }
        awaitProtection();
        if (random.nextBoolean()) {
            quiet(this::fillDoubtful);
        }
    }

    /// The last copy rots, and part of it may be missed by the other replica. What was found to be so stays so; before
    /// it is found, a crash would have its checksums computed anew.
    private void rotTheLastCopy(boolean isHere) throws Exception {
        note("flip bits of the last copy" + (isHere ? " there" : " here"));
        boolean isReadAtOnce = random.nextBoolean();
        quiet(() -> {
            for (Cells some : cells) {
                int place = some.place(random);
                doubtful.set(place / Geometry.BLOCK_BYTES);
                (isHere ? pair.there : pair.here).data.corrupt(place);
            }
            if (isReadAtOnce) {
                checkCells();
            }
        });
        if (!isReadAtOnce) {
            awaitProtection();
            quiet(() -> pair.served().scrub(_ -> {}));
        }
    }

    private void fillDoubtful() throws Exception {
        for (int block = doubtful.nextSetBit(0); block >= 0; block = doubtful.nextSetBit(block + 1)) {
            byte[] whole = new byte[Geometry.BLOCK_BYTES];
            random.nextBytes(whole);
            CompletableFuture<byte[]> answer = pair.client().write((long) block * whole.length, whole);
            if (!threads.await(answer, ENDING_MILLIS * 1_000_000)) {
                throw new AssertionError("a write of a bad block is not answered");
            }
            answer.join();
            for (Cells some : cells) {
                some.fill(block, whole);
            }
            doubtful.clear(block);
        }
    }

    private void fail(boolean isHere, Fault fault) throws Exception {
        SimulatedPair.Side side = isHere ? pair.here : pair.there;
        note(fault + (isHere ? " here" : " there"));
        int calls = random.nextInt(50);
        boolean isOfBoth = random.nextBoolean();
        if (isOfBoth || random.nextBoolean()) {
            side.data.fail(fault, calls);
        }
        if (isOfBoth || random.nextInt(3) == 0) {
            side.meta.fail(fault, calls);
        }
        pause(1400);
        if (random.nextInt(3) == 0) {
            disturb();
            pause(300);
        }
        note("mend" + (isHere ? " here" : " there"));
        side.mend();
    }

    private void losePower(boolean isHere) throws Exception {
        note("lose power" + (isHere ? " here" : " there"));
        kill(isHere, () -> (isHere ? pair.here : pair.there).losePower(random));
    }

    private void kill(boolean isHere, Runnable meanwhile) throws Exception {
        if (isHere) {
            killServing(meanwhile);
        } else {
            killReplica(meanwhile);
        }
    }

    void losePowerOnBothSides() {
        note("lose power on both sides");
        pair.killServing();
        pair.killReplica();
        pair.here.losePower(random);
        pair.there.losePower(random);
        cells.forEach(Cells::losePower);
        pair.startReplica();
        pair.startServing();
    }

    private void flipBits(boolean isHere) throws Exception {
        note("flip bits" + (isHere ? " here" : " there"));
        quiet(() -> {
            if (!pair.isProtected()) {
                return; // it may be the last copy by now
            }
            for (Cells some : cells) {
                (isHere ? pair.here : pair.there).data.corrupt(some.place(random));
            }
            if (isHere && random.nextBoolean()) {
                checkCells();
            } else {
                pair.served().scrub(_ -> {});
            }
        });
    }

    /// More of it, while the pair is not whole: whatever does not hit the replica that is.
    private void again(boolean isHere) throws Exception {
        switch (random.nextInt(6)) {
            case 3 -> {
                if (isOut(isHere)) {
                    rotTheLastCopy(isHere);
                }
            }
            case 0 -> losePowerOnBothSides();
            case 1 -> {
                if (isOut(isHere)) {
                    losePower(isHere);
                }
            }
            case 2 -> {
                if (isOut(isHere)) {
                    fail(isHere, random.nextBoolean() ? Fault.DEAD : Fault.HANGS);
                }
            }
            default -> disturb();
        }
    }

    /// Whether the ledger says that only the other replica is in sync, and nobody is about to say otherwise.
    private boolean isOut(boolean isHere) {
        SimulatedPair.Side side = isHere ? pair.here : pair.there;
        return pair.ledger.read().orElseThrow().member(side.replica()).isEmpty();
    }

    void checkCells() throws Exception {
        for (Cells some : cells) {
            some.checkAll(pair.client());
        }
    }

    // ---- checkers -------------------------------------------------------------------------------------------

    private void hear(String what) {
        if (what.startsWith("resync of the")) {
            checkSource(what.contains("local"));
        } else if (what.equals("both replicas are in sync")) {
            BitSet open = (BitSet) doubtful.clone();
            checkBad();
            cells.forEach(some -> some.addUndecided(open));
            checkEquality(open, "when both were said to be in sync");
        }
    }

    /// The ledger alone says which way a resync goes (invariants 4 and 5).
    private void checkSource(boolean isLocal) {
        isLocalTarget = isLocal;
        VolumeView view = pair.ledger.read().orElseThrow();
        SimulatedPair.Side source = isLocalTarget ? pair.there : pair.here;
        SimulatedPair.Side target = isLocalTarget ? pair.here : pair.there;
        if (view.member(source.replica()).isEmpty()
                || view.member(target.replica()).isPresent()) {
            fail(new AssertionError("a resync from a replica that is not the only one in sync, in " + view));
        }
    }

    /// What the source does not have, the one that was copied to may still have, and not the other way round.
    private void checkBad() {
        BadBlocks ofTarget = (isLocalTarget ? pair.here : pair.there).bad();
        BadBlocks ofSource = (isLocalTarget ? pair.there : pair.here).bad();
        for (int block = 0; block <= SimulatedPair.SIZE / Geometry.BLOCK_BYTES; block++) {
            if (ofTarget.has(block) && !ofSource.has(block)) {
                fail(new AssertionError("block %d was not copied: the target has %s, and the source %s"
                        .formatted(block, ofTarget, ofSource)));
            }
        }
    }

    private void checkEquality(BitSet except, String when) {
        byte[] here = pair.here.data.content();
        byte[] there = pair.there.data.content();
        for (int at = 0; at < here.length; at += Geometry.BLOCK_BYTES) {
            int end = Math.min(here.length, at + Geometry.BLOCK_BYTES);
            if (!except.get(at / Geometry.BLOCK_BYTES) && !Arrays.equals(here, at, end, there, at, end)) {
                fail(new AssertionError("the replicas differ at %d %s".formatted(at, when)));
                return;
            }
        }
    }

    /// At any moment, what a resync would have to copy is marked where a crash leaves it.
    ///
    /// @param oneIn so often
    private void inspect(int oneIn) {
        boolean isDue = random.nextInt(oneIn) == 0;
        if (!isDue
                || pair.ledger.read().filter(view -> view.inSync().size() == 1).isEmpty()) {
            return;
        }
        Optional<CrashImage> here = CrashImage.of(pair.here, random.nextBoolean(), random);
        Optional<CrashImage> there = CrashImage.of(pair.there, random.nextBoolean(), random);
        if (here.isPresent() && there.isPresent()) {
            VolumeView view = pair.ledger.read().orElseThrow();
            boolean isFromHere = view.member(pair.here.replica()).isPresent();
            List<Integer> missed =
                    isFromHere ? here.get().missedBy(there.get()) : there.get().missedBy(here.get());
            if (!missed.stream().allMatch(doubtful::get)) {
                fail(new AssertionError("a mark was cleared, or never made, without a copy: blocks " + missed));
            }
        }
        here.ifPresent(CrashImage::close);
        there.ifPresent(CrashImage::close);
    }

    void awaitProtection() throws Exception {
        long end = threads.millis() + HEALING_MILLIS;
        while (!pair.isProtected()) {
            check();
            if (threads.millis() > end) {
                throw new AssertionError("not healed after " + HEALING_MILLIS + " ms");
            }
            threads.sleep(2_000_000);
        }
    }

    private void end() throws Exception {
        pair.here.mend();
        pair.there.mend();
        awaitProtection();
        isOver = true;
        for (Thread client : clients) {
            client.join();
        }
        check();
        checkCells();
        fillDoubtful();
        checkCells();
        // What broke a moment ago has been noticed by then.
        threads.sleep(1_500_000_000L);
        awaitProtection();
        checkCells();
        pair.close();
        checkEquality(new BitSet(), "at the end");
        check();
        awaitEndOfThreads();
    }

    /// Nobody goes on for ever, of those that were killed either.
    private void awaitEndOfThreads() throws Exception {
        long end = threads.millis() + ENDING_MILLIS;
        while (true) {
            List<Thread> alive = threads.alive().stream()
                    .filter(thread -> !thread.equals(Thread.currentThread()))
                    .toList();
            if (alive.isEmpty()) {
                return;
            }
            if (threads.millis() > end) {
                throw new AssertionError("threads go on: " + alive);
            }
            threads.sleep(100_000_000);
        }
    }
}
