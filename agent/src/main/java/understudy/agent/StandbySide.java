package understudy.agent;

import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.agent.QemuHost.Instance;
import understudy.api.Event.Severity;
import understudy.checkpoint.Channel;
import understudy.checkpoint.ImageStream;
import understudy.checkpoint.KeptDisks;
import understudy.checkpoint.StreamOffer;
import understudy.model.Replica;
import understudy.protocol.ViewInput;
import understudy.qemu.QemuCommand.Role;

/// The image of a guest that the other host runs, if one is here, and the stream that brings it.
///
/// Threads: the driver's.
final class StandbySide {
    private static final Logger LOG = LoggerFactory.getLogger(StandbySide.class);

    private final DriverDesk desk;
    private final ActiveSide active;
    private final VolumeHost volumes;
    private Optional<Offered> offered = Optional.empty();
    private Optional<StandbyGuest> standby = Optional.empty();
    private Optional<UUID> imageId = Optional.empty();

    private record Offered(Replica from, Channel channel, StreamOffer offer) {}

    /// @param active  makes the network cards, and gets the guest when it is resumed
    /// @param volumes are behind the guest's disks when it is resumed
    StandbySide(DriverDesk desk, ActiveSide active, VolumeHost volumes) {
        this.desk = desk;
        this.volumes = volumes;
        this.active = active;
    }

    /// A stream is on offer until it is accepted or refused; a newer offer replaces it.
    void offered(Replica from, Channel channel, StreamOffer offer) {
        refuse("another stream was offered");
        offered = Optional.of(new Offered(from, channel, offer));
    }

    void refuse(String reason) {
        offered.ifPresent(it -> {
            LOG.info("{}: does not take the stream of view {}: {}", desk.spec().name(), it.offer.view(), reason);
            ImageStream.refuse(it.channel, it.offer, reason);
        });
        offered = Optional.empty();
    }

    /// Takes the stream that is on offer. If that fails, it is refused.
    void accept() throws IOException {
        try {
            begin(offered.orElseThrow(() -> new IOException("the stream that was offered is gone")));
            offered = Optional.empty();
        } catch (IOException e) {
            refuse(DriverDesk.reason(e));
            throw e;
        }
    }

    private void begin(Offered it) throws IOException {
        if (it.offer.ramBytes() != desk.spec().memory().bytes()) {
            throw new IOException("it is for a guest with %d bytes of RAM; this VM has %s"
                    .formatted(it.offer.ramBytes(), desk.spec().memory()));
        }
        desk.services().qemu().fetchFiles(desk.spec(), desk.services().peerNames());
        AtomicReference<Optional<QemuDisks>> listening = new AtomicReference<>(Optional.empty());
        try {
            Instance instance = desk.services()
                    .qemu()
                    .start(
                            desk.spec(),
                            Role.STANDBY,
                            active::qemuEvent,
                            directory -> listening.set(volumes.listenAsStandby(directory)));
            begin(it, instance, listening.get());
        } catch (IOException e) {
            listening.get().ifPresent(QemuDisks::discard);
            throw e;
        }
    }

    private void begin(Offered it, Instance instance, Optional<QemuDisks> disks) throws IOException {
        UUID id = it.offer.stream();
        Optional<GuestPorts> ports = Optional.empty();
        try {
            ports = Optional.of(active.ports(instance));
            ImageStream image = ImageStream.accept(
                    instance.handle(desk.spec()),
                    it.channel,
                    it.offer,
                    disks.map(QemuDisks::epochs).<KeptDisks>map(kept -> kept).orElse(KeptDisks.NONE),
                    () -> claimsNotBefore(it.from),
                    listener(id));
            imageId = Optional.of(id);
            standby = Optional.of(new StandbyGuest(instance, instance.handle(desk.spec()), ports.get(), image, disks));
        } catch (IOException e) {
            ports.ifPresent(GuestPorts::close);
            instance.end();
            throw e;
        }
        var _ = instance.qmp()
                .ended()
                .whenComplete((_, _) -> ofImage(id, () -> {
                    desk.event(
                            "standby-died",
                            Severity.WARNING,
                            "the waiting QEMU ended: " + instance.process().lastWords());
                    desk.step(new ViewInput.ImageLost());
                }));
    }

    /// By the active's own clock: it is lost, and may be claimed, when it has been silent for that long here.
    private long claimsNotBefore(Replica active) {
        long heard = desk.services().messenger().clockOf(active.host(), active.life());
        return heard + desk.services().config().loseAfter().toNanos();
    }

    /// Ends the stream; the image stays, as of the last epoch that was confirmed.
    void closeStream() {
        standby.ifPresent(StandbyGuest::closeStream);
    }

    /// Ends the waiting QEMU; safe to repeat.
    void drop() {
        Optional<StandbyGuest> dropped = standby;
        standby = Optional.empty();
        imageId = Optional.empty();
        if (dropped.isPresent()) {
            try {
                dropped.get().end();
            } catch (IOException e) {
                desk.event("qemu-hangs", Severity.ERROR, DriverDesk.reason(e));
            }
        }
    }

    /// Lets the guest go on from the image.
    void resume() throws IOException {
        StandbyGuest image = standby.orElseThrow(() -> new IOException("there is no image"));
        long began = System.nanoTime();
        if (image.disks().isPresent()) {
            volumes.takeOver(image.disks().get());
        }
        ActiveGuest guest = image.resume();
        standby = Optional.empty();
        imageId = Optional.empty();
        active.take(guest);
        long millis = (System.nanoTime() - began) / 1_000_000;
        desk.event("resumed", Severity.INFO, "the guest goes on here, " + millis + " ms after it was allowed to");
        desk.step(new ViewInput.GuestRunning(desk.now()));
        guest.ports().announce();
    }

    private ImageStream.Listener listener(UUID id) {
        return new ImageStream.Listener() {
            @Override
            public void completed() {
                ofImage(id, () -> desk.step(new ViewInput.ImageCompleted()));
            }

            @Override
            public void broken(String reason) {
                ofImage(id, () -> {
                    LOG.info("{}: the checkpoint stream ended: {}", desk.spec().name(), reason);
                    desk.step(new ViewInput.StreamBroken(desk.now()));
                });
            }

            @Override
            public void lost(String reason) {
                ofImage(id, () -> {
                    desk.event("image-lost", Severity.ERROR, reason);
                    desk.step(new ViewInput.ImageLost());
                });
            }
        };
    }

    /// From any thread: what is told of an image counts only while it is the one that is here.
    private void ofImage(UUID id, Runnable work) {
        desk.post(() -> {
            if (imageId.equals(Optional.of(id))) {
                work.run();
            }
        });
    }
}
