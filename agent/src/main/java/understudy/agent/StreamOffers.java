package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import understudy.checkpoint.Channel;
import understudy.checkpoint.ImageStream;
import understudy.checkpoint.StreamOffer;
import understudy.link.Connection;
import understudy.model.VmId;

/// Brings the checkpoint streams that other hosts offer to the drivers of their VMs.
///
/// An agent that was started just now hears its peers seconds before its ledger has caught up. An offer waits for
/// that, since an active that is refused comes back only after a wait that doubles each time. Of several offers for
/// one VM that wait, the active has given up all but the newest: only that one gets to the driver.
///
/// Bounds: 5 s to read an offer, 10 s to wait for the driver.
final class StreamOffers {
    private static final Duration READ = Duration.ofSeconds(5);
    private static final Duration CATCH_UP = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(5);

    /// Who takes the streams of one VM.
    interface Taker {
        /// The channel is answered, and closed in the end, by the taker.
        void offered(Connection from, Channel channel, StreamOffer offer);
    }

    private final Function<VmId, Optional<? extends Taker>> takers;
    private final Supplier<String> whyNone;
    private final Duration catchUp;
    private final Map<VmId, StreamOffer> newest = new ConcurrentHashMap<>();

    /// @param takers  who takes a VM's streams, if this agent knows the VM yet
    /// @param whyNone why it may not
    StreamOffers(Function<VmId, Optional<? extends Taker>> takers, Supplier<String> whyNone) {
        this(takers, whyNone, CATCH_UP);
    }

    StreamOffers(Function<VmId, Optional<? extends Taker>> takers, Supplier<String> whyNone, Duration catchUp) {
        this.takers = takers;
        this.whyNone = whyNone;
        this.catchUp = catchUp;
    }

    /// Serves one connection, to its end.
    void take(Connection connection) throws IOException, InterruptedException {
        LinkWire wire = new LinkWire(connection);
        Channel channel = new Channel(wire);
        StreamOffer offer;
        try (var _ = connection.deadline(READ)) {
            offer = ImageStream.readOffer(channel);
        }
        newest.put(offer.vm(), offer);
        try {
            awaitTaker(offer);
            hand(connection, channel, offer);
        } finally {
            newest.remove(offer.vm(), offer);
        }
        wire.awaitClosed();
    }

    private void awaitTaker(StreamOffer offer) throws InterruptedException {
        long end = System.nanoTime() + catchUp.toNanos();
        while (isNewest(offer) && takers.apply(offer.vm()).isEmpty() && System.nanoTime() < end) {
            Thread.sleep(POLL);
        }
    }

    /// One at a time, so that an older offer cannot overtake a newer one here.
    private synchronized void hand(Connection connection, Channel channel, StreamOffer offer) {
        Optional<? extends Taker> taker = takers.apply(offer.vm());
        if (!isNewest(offer)) {
            ImageStream.refuse(channel, offer, "a newer stream was offered");
        } else if (taker.isEmpty()) {
            ImageStream.refuse(channel, offer, "VM " + offer.vm() + " is not known there yet: " + whyNone.get());
        } else {
            taker.get().offered(connection, channel, offer);
        }
    }

    private boolean isNewest(StreamOffer offer) {
        return offer.equals(newest.get(offer.vm()));
    }
}
