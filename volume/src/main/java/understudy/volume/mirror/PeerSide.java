package understudy.volume.mirror;

import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import understudy.protocol.MirrorInput;
import understudy.protocol.MirrorSide;
import understudy.volume.store.Standing;

/// The peer's replica, as its served volume sees it: a link to it, or the search for one. On the driver's
/// thread, save where said.
final class PeerSide {
    private final ServedVolume served;
    private final ServedVolume.Options options;
    private final Optional<ServedVolume.Dialer> dialer;
    private final Thread search;
    private volatile Optional<PeerLink> link = Optional.empty();
    private final Setbacks setbacks;
    private volatile long searchAt;
    /// Goes up when another host comes in the place of the one that is searched for.
    private final AtomicInteger searched = new AtomicInteger();
    private Optional<VolumeView.Member> member = Optional.empty();
    private Standing standing = Standing.FRESH;

    PeerSide(ServedVolume served, ServedVolume.Options options, Optional<ServedVolume.Dialer> dialer) {
        this.served = served;
        this.options = options;
        this.dialer = dialer;
        setbacks = new Setbacks(options.retry(), served.threads());
        search = served.threads().unstarted(options.name() + "-dialer", this::search);
    }

    void start() {
        if (dialer.isPresent()) {
            search.start();
        }
    }

    /// On a thread of its own: as long as there is no link, tries to get one.
    private void search() {
        String last = "";
        try {
            while (!served.isClosing()) {
                if (link.isEmpty() && served.knownView() > 0 && served.threads().now() > searchAt) {
                    String refusal = tryLink();
                    if (!refusal.isEmpty() && !refusal.equals(last)) {
                        served.observer().warning("the peer's replica cannot be reached: " + refusal);
                    }
                    last = refusal;
                }
                served.threads().sleep(options.retry().toNanos());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// @return why there is none; empty if there is one
    private String tryLink() {
        int which = searched.get();
        MirrorWire wire;
        try {
            wire = dialer.orElseThrow().dial();
        } catch (IOException e) {
            return words(e);
        }
        try {
            Hello.Greeting greeting = new Hello.Greeting(
                    options.volume(), options.sizeBytes(), served.replica(), served.knownView(), UUID.randomUUID());
            Hello.Reply reply = Handshake.within(Handshake.TIME, served.threads(), wire, () -> {
                Hello.write(wire, greeting.encode());
                return Hello.Reply.decode(Hello.read(wire, Hello.REPLY_BYTES));
            });
            if (reply.refusal().isPresent()) {
                wire.close();
                return reply.refusal().get();
            }
            PeerLink fresh =
                    new PeerLink(wire, reply, served.threads(), (broken, why) -> served.post(() -> lost(broken, why)));
            fresh.start(options.name());
            try {
                fresh.bad(PeerEndpoint.askForBad(fresh, Handshake.TIME.toNanos()));
            } catch (IOException e) {
                fresh.close();
                return words(e);
            }
            link = Optional.of(fresh);
            if (fresh.isBroken()) {
                // Nobody was there to hear of it.
                served.post(() -> lost(fresh, "the link broke at once"));
            }
            served.post(() -> linked(fresh, which));
            return "";
        } catch (IOException e) {
            wire.close();
            return words(e);
        }
    }

    /// An end of the stream is told without words.
    private static String words(IOException e) {
        return e.getMessage() == null ? "it ended the connection" : e.getMessage();
    }

    private void linked(PeerLink fresh, int which) {
        if (which != searched.get()) {
            fresh.close();
            return;
        }
        linked(fresh);
    }

    private void linked(PeerLink fresh) {
        if (link.isEmpty() || link.get() != fresh || !served.knowsView()) {
            return;
        }
        if (!served.takesPeer(fresh.replica())) {
            fresh.close();
            return;
        }
        member = Optional.of(new VolumeView.Member(fresh.replica(), fresh.peer().boot()));
        standing = fresh.peer().standing();
        setbacks.begins();
        served.observer().info("the peer's replica is connected");
        served.peerReady(fresh);
    }

    /// The first view is known now: what is linked already counts from here on.
    void viewKnown() {
        link.ifPresent(this::linked);
    }

    private void lost(PeerLink broken, String why) {
        if (link.isPresent() && link.get() == broken) {
            searchAt = served.threads().now() + setbacks.ends();
            link = Optional.empty();
            served.observer().warning("the peer's replica is lost: " + why);
            served.take(new MirrorInput.ReplicaLost(MirrorSide.PEER));
        }
    }

    /// It is another host's from here on.
    void replaced() {
        searched.incrementAndGet();
        Optional<PeerLink> former = link;
        link = Optional.empty();
        member = Optional.empty();
        standing = Standing.FRESH;
        searchAt = 0;
        if (former.isPresent()) {
            former.get().close();
            served.take(new MirrorInput.ReplicaLost(MirrorSide.PEER));
        }
    }

    /// From any thread.
    void failed(String why) {
        link.ifPresent(now -> {
            served.observer().warning("the peer's replica is given up: " + why);
            now.close();
        });
    }

    /// By the watchdog.
    void watch(long now, long deadlineNanos) {
        link.ifPresent(present -> present.watch(now, deadlineNanos));
    }

    PeerLink needed() throws ServedVolume.LostException {
        return link.orElseThrow(() -> new ServedVolume.LostException(MirrorSide.PEER, "it is not connected"));
    }

    /// How the view names it.
    Optional<VolumeView.Member> member() {
        return member;
    }

    /// Which replica it was when it was last seen.
    Optional<UUID> known() {
        return member.map(VolumeView.Member::replica);
    }

    /// What it knows of itself, with what it was told since it greeted.
    Standing standing() {
        return standing;
    }

    /// It marks what the local replica lacks.
    void track() throws ServedVolume.LostException {
        tell(ViewMessage.Change.TRACK, standing.view());
        standing = standing.tracking(served.replica(), standing.view());
    }

    void tell(ViewMessage.Change change, long view) throws ServedVolume.LostException {
        try {
            new PeerEndpoint(needed())
                    .tell(
                            new ViewMessage(change, view, served.replica()),
                            options.deadline().toNanos());
        } catch (IOException e) {
            throw new ServedVolume.LostException(MirrorSide.PEER, String.valueOf(e.getMessage()));
        }
        if (change == ViewMessage.Change.ADMIT) {
            standing = standing.inSyncIn(view).untracked();
        }
    }

    void close() {
        search.interrupt();
        link.ifPresent(PeerLink::close);
    }
}
