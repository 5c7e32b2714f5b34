package understudy.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.protocol.EpochReceiver;
import understudy.protocol.EpochReceiver.Effect;
import understudy.protocol.EpochReceiver.Input;
import understudy.protocol.EpochReceiver.State;
import understudy.protocol.Step;

/// The standby's side of a checkpoint stream: takes whole epochs into an image, and can let the guest go on
/// from it.
///
/// One thread reads, confirms and applies. What was confirmed is applied before [#close] returns, so an image
/// whose stream was closed is exactly the last epoch that was confirmed.
public final class ImageStream implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ImageStream.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /// Told by the stream's own thread: an implementation must not wait.
    public interface Listener {
        /// The first whole epoch was confirmed.
        void completed();

        /// The stream is over; the image stays as it is. Told once, and not after `close`.
        void broken(String reason);

        /// What was confirmed could not be applied: the image is of no use.
        void lost(String reason);
    }

    private final GuestHandle guest;
    private final Channel channel;
    private final StreamOffer offer;
    private final KeptDisks disks;
    private final LongSupplier until;
    private final Listener listener;
    private final EpochReceiver receiver = new EpochReceiver();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Thread reader;
    private State state;
    private Optional<StandbyImage> image = Optional.empty();
    private volatile long confirmed;

    /// Reads the offer with which a stream begins; it must be answered by [#accept] or [#refuse].
    public static StreamOffer readOffer(Channel channel) throws IOException {
        Message message = channel.receive();
        return StreamOffer.of(message, channel.plainBody(message));
    }

    /// Turns an offer down, and says why.
    public static void refuse(Channel channel, StreamOffer offer, String reason) {
        channel.end(offer.stream(), reason);
    }

    /// Takes an offer.
    ///
    /// @param guest a QEMU that waits for an incoming stream
    /// @param disks where its writes to disks are kept
    /// @param until a moment of the active's clock ([System#nanoTime]) before which this host will not go on in its
    ///              place, as far as it is heard of by now
    public static ImageStream accept(
            GuestHandle guest,
            Channel channel,
            StreamOffer offer,
            KeptDisks disks,
            LongSupplier until,
            Listener listener)
            throws IOException {
        ImageStream stream = new ImageStream(guest, channel, offer, disks, until, listener);
        channel.send(Message.bare(Message.Kind.ACCEPT, offer.view(), 0, offer.stream()));
        stream.reader.start();
        return stream;
    }

    private ImageStream(
            GuestHandle guest,
            Channel channel,
            StreamOffer offer,
            KeptDisks disks,
            LongSupplier until,
            Listener listener) {
        this.guest = guest;
        this.channel = channel;
        this.offer = offer;
        this.disks = disks;
        this.until = until;
        this.listener = listener;
        this.state = receiver.step(new State.Closed(), new Input.Opened(offer.stream(), offer.view()))
                .state();
        this.reader = Thread.ofPlatform().daemon().name("image").unstarted(this::readAll);
    }

    /// The last epoch that was confirmed; 0 before the first.
    public long confirmed() {
        return confirmed;
    }

    /// Lets the guest go on from the image. The stream must be closed.
    ///
    /// @return how long QEMU took
    public Duration resume(Duration timeout) throws IOException {
        if (!ended.get() || reader.isAlive()) {
            throw new IllegalStateException("the stream of an image that is to be resumed is still open");
        }
        return image.orElseThrow(() -> new IOException("no image has arrived")).resume(timeout);
    }

    /// Ends the stream. When this returns, the image is the last epoch that was confirmed.
    @Override
    public void close() {
        ended.set(true);
        channel.close();
        try {
            if (!reader.join(PATIENCE)) {
                throw new IllegalStateException("the reader of a checkpoint stream does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Gives the image up, after [#close]. QEMU is not touched.
    public void discard() {
        image.ifPresent(StandbyImage::close);
        image = Optional.empty();
    }

    private void readAll() {
        try (ReceivedEpoch epoch =
                new ReceivedEpoch(Message.bare(Message.Kind.ROUND, offer.view(), 0, offer.stream()))) {
            while (!ended.get()) {
                take(channel.receive(), epoch);
            }
        } catch (ImageLost e) {
            if (ended.compareAndSet(false, true)) {
                channel.end(offer.stream(), reason(e));
            }
            listener.lost(reason(e));
        } catch (IOException | RuntimeException | InternalError e) {
            if (ended.compareAndSet(false, true)) {
                channel.end(offer.stream(), reason(e));
                listener.broken(reason(e));
            }
        }
    }

    private void take(Message message, ReceivedEpoch epoch) throws IOException {
        switch (message.kind()) {
            case HEAD -> takeHead(message);
            case ROUND -> takeRound(message, epoch);
            case EPOCH -> takeEpoch(message, epoch);
            case VERIFY -> verify(message);
            case APPLIED -> applied(message);
            case END -> throw new IOException(new String(channel.plainBody(message), StandardCharsets.UTF_8));
            default -> throw new IOException("the active sent " + message.kind());
        }
    }

    private void takeHead(Message message) throws IOException {
        byte[] head = channel.plainBody(message);
        if (image.isPresent() || !message.stream().equals(offer.stream())) {
            throw new IOException("a second head arrived, or one of another stream");
        }
        image = Optional.of(new StandbyImage(guest, head));
    }

    private void takeRound(Message message, ReceivedEpoch epoch) throws IOException {
        epoch.read(channel, message, image().ram());
        boolean isRound = message.deviceBytes() == 0
                && message.diskBytes() == 0
                && message.stream().equals(offer.stream());
        if (confirmed > 0 || !isRound || !epoch.isSound()) {
            throw new IOException("a round of the first copy arrived torn, or when it was over");
        }
        image().apply(epoch);
    }

    private void takeEpoch(Message message, ReceivedEpoch epoch) throws IOException {
        epoch.read(channel, message, image().ram());
        Optional<KeptDisks.Arrival> writes =
                epoch.isSound() && image().accepts(epoch) ? writes(epoch) : Optional.empty();
        boolean sound = writes.isPresent();
        Step<State, Effect> step =
                receiver.step(state, new Input.EpochArrived(message.stream(), message.view(), message.epoch(), sound));
        state = step.state();
        for (Effect effect : step.effects()) {
            switch (effect) {
                case Effect.Confirm(long number) -> {
                    writes.orElseThrow().keep();
                    confirm(number);
                }
                case Effect.Apply(long number) -> apply(number, epoch);
                case Effect.Refuse(String reason) -> throw new IOException(reason);
            }
        }
    }

    /// What an epoch brings for disks; empty if it is not of the form agreed.
    private Optional<KeptDisks.Arrival> writes(ReceivedEpoch epoch) {
        if (epoch.message().diskBytes() == 0) {
            return Optional.of(() -> {});
        }
        try {
            return Optional.of(disks.arrived(epoch.disks()));
        } catch (IOException e) {
            LOG.warn("{}: {}", guest.process().vm(), reason(e));
            return Optional.empty();
        }
    }

    private void applied(Message message) throws IOException {
        byte[] body = channel.plainBody(message);
        if (body.length != Long.BYTES || !message.stream().equals(offer.stream())) {
            throw new IOException("word of applied writes that is not of the form agreed, or of another stream");
        }
        disks.applied(ByteBuffer.wrap(body).getLong());
        channel.sendPlain(Message.Kind.TOLD, offer.view(), 0, offer.stream(), body);
    }

    /// An epoch counts as held here from this moment, whether the word of it arrives or not.
    private void confirm(long number) throws IOException {
        image();
        confirmed = number;
        try {
            byte[] body =
                    ByteBuffer.allocate(Long.BYTES).putLong(until.getAsLong()).array();
            channel.sendPlain(Message.Kind.CONFIRM, offer.view(), number, offer.stream(), body);
        } catch (IOException streamBroken) {
            // The next read says so; this epoch is still applied.
            channel.close();
        }
    }

    private void apply(long number, ReceivedEpoch epoch) throws ImageLost {
        try {
            image().apply(epoch);
        } catch (IOException | RuntimeException | InternalError e) {
            throw new ImageLost("epoch " + number + " was confirmed and could not be applied: " + e.getMessage(), e);
        }
        if (number == 1) {
            listener.completed();
        }
    }

    private void verify(Message message) throws IOException {
        byte[] checksums = channel.plainBody(message);
        long differing = image().differing(checksums);
        ByteBuffer outcome =
                ByteBuffer.allocate(16).putLong(PageChecksums.pages(checksums)).putLong(differing);
        channel.sendPlain(Message.Kind.VERIFIED, offer.view(), message.epoch(), offer.stream(), outcome.array());
    }

    private StandbyImage image() throws IOException {
        return image.orElseThrow(() -> new IOException("pages arrived before the head"));
    }

    private static String reason(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /// What was promised cannot be kept.
    private static final class ImageLost extends IOException {
        private static final long serialVersionUID = 1;

        ImageLost(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
