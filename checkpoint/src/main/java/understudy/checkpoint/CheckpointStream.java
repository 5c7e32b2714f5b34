package understudy.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.Moment;
import understudy.protocol.EpochSender;
import understudy.protocol.EpochSender.Effect;
import understudy.protocol.EpochSender.Input;
import understudy.protocol.PackingChoice;
import understudy.protocol.StandbyPace;
import understudy.protocol.Step;
import understudy.qemu.MigrationStream;
import understudy.qemu.OutgoingHead;

/// The active's side of a checkpoint stream: copies a running guest to the standby, then sends it epoch after
/// epoch.
///
/// Two threads: one captures and sends, one reads the standby's confirmations and lets output go. The next
/// epoch runs while the last one travels; [EpochSender] says when the next capture is due.
///
/// It ends once, by [#close] or by whatever breaks it, and is never taken up again: what was taken from the
/// guest and not confirmed is known to nobody any more, so the next stream begins with all of RAM.
public final class CheckpointStream implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointStream.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /// How long the standby may take to confirm an epoch: it has only to receive it.
    private static final Duration CONFIRM = Duration.ofSeconds(3);

    /// How long the first copy may stand still. The standby may have to catch up with its ledger, to fetch files and to
    /// start QEMU before it takes the stream; what it has fetched counts at the next attempt.
    private static final Duration STANDSTILL = Duration.ofSeconds(60);

    /// How long the disks may take to answer what the guest wrote before its first epoch. Its output waits meanwhile.
    private static final Duration SETTLE = Duration.ofSeconds(2);

    /// Between rounds that are sent only because something else is waited for.
    private static final Duration ROUND_REST = Duration.ofMillis(10);
    /// Told by the stream's own threads: an implementation must not wait.
    public interface Listener {
        /// The first copy has got so far, in [0, 1].
        void copied(double share);

        /// The standby holds the first whole epoch, with which the first output leaves that was held.
        void firstCommitted();

        /// The standby holds the last epoch, all output has gone, and the guest stands still.
        void lastCommitted();

        /// A comparison found pages that differ on the standby; the stream ends.
        void differs(String what);

        /// It is over; told once, and not after `close`.
        void broken(String reason);

        /// It is over, in place of [#broken], because the standby is too slow.
        void tooSlow(String reason);

        /// It is over, in place of [#broken], because QEMU failed a checkpoint.
        void guestFailed(String reason);
    }

    /// The guest is better off without its standby.
    private static final class TooSlow extends IOException {
        private static final long serialVersionUID = 1;

        TooSlow(String reason) {
            super(reason);
        }
    }

    /// An epoch that is sent, or being sent.
    ///
    /// @param atNanos when the guest ran on
    /// @param bytes   of its body as it is
    private record Sent(long atNanos, boolean packed, long bytes) {}

    private final GuestHandle guest;
    private final Channel channel;
    private final StreamOffer offer;
    private final GuestOutput output;
    private final GuestDisks disks;
    private final OutputRelease release;
    private final EpochSender sender;
    private final LongSupplier view;
    private final int verifyEvery;
    private final CheckpointStatistics statistics;
    private final Listener listener;

    private final StagedEpoch staged = new StagedEpoch();
    private final EpochPacker packer = new EpochPacker();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final ArrayDeque<Sent> unconfirmed = new ArrayDeque<>();
    private final PackingChoice choice;
    private PackingChoice.State packing;
    private PackingChoice.State roundPacking;
    private final StandbyPace pace;
    private StandbyPace.State waits = StandbyPace.State.INITIAL;
    private EpochSender.State state;
    private volatile long movedNanos = System.nanoTime();
    private volatile long onTimeNanos;
    private volatile boolean copied;
    private volatile boolean settled;
    private volatile boolean lastAsked;
    private volatile long lastEpoch = -1;
    private final Thread capturer;
    private final Thread confirmer;

    /// @param view        the newest view that is known here
    /// @param verifyEvery compare all of RAM after every so many epochs; 0 for never
    public CheckpointStream(
            GuestHandle guest,
            Channel channel,
            StreamOffer offer,
            GuestOutput output,
            GuestDisks disks,
            EpochSender sender,
            PackingChoice choice,
            StandbyPace pace,
            LongSupplier view,
            int verifyEvery,
            CheckpointStatistics statistics,
            Listener listener) {
        this.guest = guest;
        this.channel = channel;
        this.offer = offer;
        this.output = output;
        this.disks = disks;
        this.release = new OutputRelease(output, disks, this::released);
        this.sender = sender;
        this.choice = choice;
        this.pace = pace;
        this.packing = choice.initial();
        this.roundPacking = choice.initial();
        this.view = view;
        this.verifyEvery = verifyEvery;
        this.statistics = statistics;
        this.listener = listener;
        this.state = sender.initial(now());
        this.capturer = Thread.ofPlatform().daemon().name("capture").unstarted(this::captureAll);
        this.confirmer = Thread.ofPlatform().daemon().name("confirm").unstarted(this::readConfirmations);
    }

    public void start() {
        capturer.start();
    }

    /// The running epoch has output that waits.
    public void outputWaiting() {
        step(new Input.OutputWaited());
        LockSupport.unpark(capturer);
    }

    /// Pauses the guest for good, and sends what it did until then as the last epoch.
    public void makeLast() {
        lastAsked = true;
        LockSupport.unpark(capturer);
    }

    /// Gives the stream up if the standby has not confirmed an epoch for too long, or the first copy stands still: its
    /// host may live while its memory or its agent hangs. To be called a few times a second, from any thread.
    public void tick() {
        tick(System.nanoTime());
    }

    void tick(long nowNanos) {
        if (unconfirmedNanos() > CONFIRM.toNanos()) {
            giveUp("it has confirmed nothing for " + CONFIRM.toMillis() + " ms", listener::tooSlow);
        } else if (!copied && nowNanos - movedNanos > STANDSTILL.toNanos()) {
            giveUp("the copy has not got any further for " + STANDSTILL.toSeconds() + " s", listener::broken);
        }
    }

    private void giveUp(String reason, Consumer<String> tell) {
        if (ends()) {
            tell.accept(reason);
            LockSupport.unpark(capturer);
            // It is not told: it may not read, and this thread must not wait.
            channel.close();
        }
    }

    private synchronized long unconfirmedNanos() {
        return unconfirmed.isEmpty()
                ? 0
                : System.nanoTime() - unconfirmed.getFirst().atNanos();
    }

    /// Ends it. When this returns, the stream does nothing to the guest any more, which runs unless it was
    /// paused for good.
    @Override
    public void close() {
        boolean _ = ends();
        channel.close();
        LockSupport.unpark(capturer);
        join(capturer);
        join(confirmer);
    }

    // ---- the capturing thread -------------------------------------------------------------------------------------

    private void captureAll() {
        try {
            channel.send(offer.message(), ByteBuffer.wrap(offer.body()));
            awaitAcceptance();
            moved();
            confirmer.start();
            OutgoingHead head = OutgoingHead.take(guest.qmp(), guest.process().directory(), PATIENCE);
            channel.sendPlain(
                    Message.Kind.HEAD, offer.view(), 0, offer.stream(), MigrationStream.encodeHead(head.head()));
            try (GuestMemory memory = GuestMemory.attach(guest, head, PATIENCE);
                    Capture capture = new Capture(guest, memory)) {
                FirstCopy copy = new FirstCopy(memory, staged, this::sendRound, ended::get);
                copy.all(listener::copied);
                copied = true;
                keepAside(copy);
                captureEpochs(capture, memory);
            }
        } catch (GuestFailure e) {
            end(reason(e), () -> listener.guestFailed(reason(e)));
        } catch (IOException | RuntimeException | InternalError e) {
            end(reason(e), () -> listener.broken(reason(e)));
        } finally {
            disks.holdBack();
            staged.close();
            packer.close();
        }
    }

    private void moved() {
        movedNanos = System.nanoTime();
    }

    private void awaitAcceptance() throws IOException {
        Message answer = channel.receive();
        byte[] body = channel.plainBody(answer);
        if (answer.kind() != Message.Kind.ACCEPT) {
            throw new IOException("the standby does not take the stream: " + new String(body, StandardCharsets.UTF_8));
        }
    }

    /// Of the first copy nothing is confirmed; but what it sends is more than a link holds, so that it waits for the
    /// link.
    private void sendRound() throws IOException {
        boolean packs = choice.packsNext(roundPacking);
        roundPacking = choice.begun(roundPacking);
        long began = System.nanoTime();
        Optional<ByteBuffer> packed = packs ? Optional.of(packer.packRound(staged)) : Optional.empty();
        staged.send(channel, Message.Kind.ROUND, false, offer.view(), 0, offer.stream(), packed);
        roundPacking = choice.arrived(roundPacking, packs, staged.bytes(), System.nanoTime() - began);
        moved();
    }

    /// From here on nothing that the guest does is seen outside, or reaches a disk, before it belongs to an epoch that
    /// the standby holds.
    ///
    /// The guest runs on until what it wrote before is answered. A pause would wait for that, and whoever ends the
    /// stream for the pause: but a mirror that misses a replica answers only when it was decided to do without.
    ///
    /// What it writes to its memory meanwhile is copied on, so that the first epoch stays small.
    private void keepAside(FirstCopy copy) throws IOException {
        output.gate(1);
        disks.begin(new DiskNews());
        long deadline = System.nanoTime() + SETTLE.toNanos();
        while (!settled && !ended.get()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new IOException(
                        "the disks have not answered what the guest wrote within " + SETTLE.toSeconds() + " s");
            }
            copy.again();
            if (!settled) {
                LockSupport.parkNanos(this, Math.min(left, ROUND_REST.toNanos()));
            }
        }
    }

    private void captureEpochs(Capture capture, GuestMemory memory) throws IOException {
        while (!ended.get() && lastEpoch < 0) {
            boolean last = lastAsked;
            long epoch = last ? nextEpoch() : dueEpoch();
            if (epoch > 0) {
                captureEpoch(capture, memory, epoch, last);
            } else {
                LockSupport.parkNanos(this, untilDueNanos());
            }
        }
    }

    private void captureEpoch(Capture capture, GuestMemory memory, long epoch, boolean last) throws IOException {
        boolean verified = verifyEvery > 0 && (last || epoch % verifyEvery == 0);
        byte[][] checksums = new byte[1][];
        GuestDisks.Sealed[] writes = {GuestDisks.Sealed.NOTHING};
        disks.letThrough();
        if (last) {
            capture.stop();
        }
        capture.take(staged, () -> {
            writes[0] = disks.seal(epoch);
            output.seal();
            if (verified) {
                checksums[0] = memory.checksums();
            }
        });
        staged.addDisks(writes[0]);
        Moment ranOn = now();
        if (last) {
            lastEpoch = epoch;
        }
        boolean packs = packsEpoch(ranOn);
        Optional<ByteBuffer> packed = packer.pack(staged, packs);
        long bytes = staged.send(channel, Message.Kind.EPOCH, last, view.getAsLong(), epoch, offer.stream(), packed);
        if (verified) {
            channel.sendPlain(Message.Kind.VERIFY, view.getAsLong(), epoch, offer.stream(), checksums[0]);
        }
        Duration pause = capture.complete();
        captured(ranOn, last ? Duration.ZERO : pause);
        statistics.captured(epoch, pause, staged.pageCount(), bytes);
    }

    private synchronized boolean packsEpoch(Moment ranOn) {
        boolean packs = choice.packsNext(packing);
        packing = choice.begun(packing);
        unconfirmed.addLast(new Sent(ranOn.nanos(), packs, staged.bytes()));
        return packs;
    }

    /// The guest runs again, so it may have sent something before the machine learns that the epoch is over.
    private void captured(Moment ranOn, Duration pause) {
        step(new Input.Captured(ranOn, pause));
        if (output.isWaiting()) {
            step(new Input.OutputWaited());
        }
    }

    /// The standby may be quicker to confirm an epoch than QEMU is to say that it was whole.
    private synchronized void awaitCaptured(long epoch) throws IOException {
        try {
            while (state.next() <= epoch && epoch <= sent() && !ended.get()) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while an epoch was taken", e);
        }
    }

    /// The last epoch that was sent, or is being sent.
    private long sent() {
        return state.committed() + unconfirmed.size();
    }

    // ---- the confirming thread ------------------------------------------------------------------------------------

    private void readConfirmations() {
        onTimeNanos = System.nanoTime();
        try {
            while (!ended.get()) {
                Message message = channel.receive();
                byte[] body = channel.plainBody(message);
                if (!message.stream().equals(offer.stream())) {
                    throw new IOException(message.kind() + " of another stream");
                }
                switch (message.kind()) {
                    case CONFIRM -> confirmed(message.epoch(), ByteBuffer.wrap(body));
                    case VERIFIED -> verified(message.epoch(), ByteBuffer.wrap(body));
                    case TOLD -> told(ByteBuffer.wrap(body));
                    case END -> throw new IOException(new String(body, StandardCharsets.UTF_8));
                    default -> throw new IOException("the standby sent " + message.kind());
                }
                refuseToBeSlow();
            }
        } catch (TooSlow e) {
            end(reason(e), () -> listener.tooSlow(reason(e)));
        } catch (IOException | RuntimeException e) {
            end(reason(e), () -> listener.broken(reason(e)));
        }
    }

    /// A confirmation that is read late says nothing of now: this host may have stood still, and the standby taken
    /// over. What it lets out was committed, and yet would turn the switches towards the wrong host.
    private void confirmed(long epoch, ByteBuffer body) throws IOException {
        if (body.remaining() != Long.BYTES) {
            throw new IOException("a confirmation has a body of " + body.remaining() + " bytes");
        }
        awaitCaptured(epoch);
        long until = body.getLong();
        refuseToBeLate(until);
        boolean first = lastConfirmed() == 0;
        for (Effect effect : step(new Input.Confirmed(epoch))) {
            switch (effect) {
                case Effect.Release(long number) -> {
                    release.committed(number, until);
                    if (first) {
                        listener.firstCommitted();
                    }
                }
                case Effect.Break(String reason) -> throw new IOException(reason);
                case Effect.Capture _ -> throw new IllegalStateException("a confirmation asked for a capture");
            }
        }
        LockSupport.unpark(capturer);
    }

    /// Output that is never released is worse than no standby.
    private void refuseToBeLate(long until) throws IOException {
        long now = System.nanoTime();
        if (now - until < 0) {
            onTimeNanos = now;
        } else if (now - onTimeNanos > CONFIRM.toNanos()) {
            throw new TooSlow("all confirmations of the last " + CONFIRM.toSeconds()
                    + " s came too late to let output out: the way to the standby takes longer than lose-after-millis");
        }
    }

    private synchronized void refuseToBeSlow() throws TooSlow {
        if (pace.isTooSlow(waits, now())) {
            throw new TooSlow(pace.told());
        }
    }

    private void released(long epoch) {
        if (epoch == lastEpoch) {
            listener.lastCommitted();
        }
    }

    private void told(ByteBuffer body) throws IOException {
        if (body.remaining() != Long.BYTES) {
            throw new IOException("an answer about applied writes has a body of " + body.remaining() + " bytes");
        }
        disks.told(body.getLong());
    }

    /// What the disks tell of the writes that they keep.
    private final class DiskNews implements GuestDisks.Listener {
        @Override
        public void settled() {
            settled = true;
            LockSupport.unpark(capturer);
        }

        @Override
        public void applied(long segment) {
            try {
                byte[] body = ByteBuffer.allocate(Long.BYTES).putLong(segment).array();
                channel.sendPlain(Message.Kind.APPLIED, offer.view(), 0, offer.stream(), body);
            } catch (IOException e) {
                LOG.debug("the standby is not told of segment {}: {}", segment, reason(e));
            }
        }

        @Override
        public void durable() {
            release.release();
        }

        @Override
        public void pressure() {
            outputWaiting();
        }

        @Override
        public void failed(String reason) {
            end(reason, () -> listener.broken(reason));
        }
    }

    private void verified(long epoch, ByteBuffer body) throws IOException {
        if (body.remaining() != 16) {
            throw new IOException("the outcome of a comparison has " + body.remaining() + " bytes");
        }
        long pages = body.getLong();
        long differing = body.getLong();
        statistics.verified(pages, differing);
        if (differing != 0) {
            String what = "after epoch %d %d of %d pages differ on the standby".formatted(epoch, differing, pages);
            listener.differs(what);
            throw new IOException(what);
        }
    }

    // ---- both -----------------------------------------------------------------------------------------------------

    private synchronized List<Effect> step(Input input) {
        Step<EpochSender.State, Effect> step = sender.step(state, input);
        if (input instanceof Input.Confirmed(long epoch)) {
            for (long e = state.committed(); e < Math.min(epoch, state.next() - 1); e++) {
                Sent sent = unconfirmed.removeFirst();
                long nanos = System.nanoTime() - sent.atNanos();
                statistics.confirmed(nanos);
                packing = choice.arrived(packing, sent.packed(), sent.bytes(), nanos);
                waits = pace.confirmed(waits, Duration.ofNanos(nanos), now());
            }
        }
        state = step.state();
        notifyAll();
        return step.effects();
    }

    /// The epoch that is to be captured now; 0 if none is.
    private long dueEpoch() {
        return step(new Input.Tick(now())).isEmpty() ? 0 : nextEpoch();
    }

    private synchronized long nextEpoch() {
        return state.next();
    }

    private synchronized long lastConfirmed() {
        return state.committed();
    }

    private synchronized long untilDueNanos() {
        Duration wait = sender.mayCapture(state) ? sender.due(state).since(now()) : PATIENCE;
        return Math.clamp(wait.toNanos(), 1, PATIENCE.toNanos());
    }

    /// @return whether it had not ended yet
    private boolean ends() {
        boolean first = ended.compareAndSet(false, true);
        synchronized (this) {
            notifyAll();
        }
        return first;
    }

    /// The listener is told before the channel is, whose other side may not read.
    private void end(String reason, Runnable tell) {
        if (ends()) {
            tell.run();
            LockSupport.unpark(capturer);
            channel.end(offer.stream(), reason);
        }
    }

    private static String reason(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }

    private static void join(Thread thread) {
        if (thread.equals(Thread.currentThread()) || thread.getState() == Thread.State.NEW) {
            return;
        }
        try {
            if (!thread.join(PATIENCE.multipliedBy(3))) {
                throw new IllegalStateException("thread " + thread.getName() + " of a checkpoint stream does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
