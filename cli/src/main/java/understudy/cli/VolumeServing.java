package understudy.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Model.CommandSpec;
import understudy.model.ByteSize;
import understudy.model.Problem;
import understudy.volume.Geometry;
import understudy.volume.mirror.FileLedger;
import understudy.volume.mirror.MirrorObserver;
import understudy.volume.mirror.ReplicaServer;
import understudy.volume.mirror.ResyncProgress;
import understudy.volume.mirror.ServedVolume;
import understudy.volume.mirror.SocketWire;
import understudy.volume.mirror.VolumeView;
import understudy.volume.nbd.NbdServer;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.Expected;
import understudy.volume.store.Identity;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.ReplicaStore.Presence;
import understudy.volume.store.Standing;
import understudy.volume.store.StoreRefusedException;

/// The stand-alone volume commands, in the foreground: one line when it is ready, then what happens, until it
/// is told to end.
final class VolumeServing {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Duration RETRY = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration DIAL_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration FIRST_VIEW = Duration.ofSeconds(30);
    private static final Duration PROGRESS = Duration.ofSeconds(1);

    private final PrintWriter out;
    private final PrintWriter err;
    private final Path file;
    private final Optional<ByteSize> size;
    private final VolumeOptions options;
    private final CountDownLatch ends = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean isClean;

    VolumeServing(CommandSpec command, Path file, Optional<ByteSize> size, VolumeOptions options) {
        out = command.commandLine().getOut();
        err = command.commandLine().getErr();
        this.file = file;
        this.size = size;
        this.options = options;
    }

    static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            String host = text.substring(0, Math.max(colon, 0)).replaceAll("^\\[|]$", "");
            if (host.isEmpty()) {
                throw new IllegalArgumentException("no host");
            }
            return new InetSocketAddress(host, port);
        } catch (IllegalArgumentException _) {
            throw Problem.of("usage", "'" + text + "' is no HOST:PORT", "write for example 10.0.0.2:10809")
                    .refused();
        }
    }

    // ---- serve ----------------------------------------------------------------------------------------------

    int serve(Path socket, Optional<InetSocketAddress> mirror, Optional<Path> viewFile) {
        Path views = viewFile.orElseGet(() -> file.resolveSibling(file.getFileName() + ".view"));
        FileLedger ledger = new FileLedger(views);
        try {
            Optional<VolumeView> view = ledger.read();
            ReplicaStore store = openLocal(view);
            checkView(view, store.identity(), mirror.isPresent(), views);
            return serve(store, ledger, socket, mirror);
        } catch (StoreRefusedException e) {
            throw refused(e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /// A file that is missing is made: as a new volume, or as a new replica of the one that the view is about.
    private ReplicaStore openLocal(Optional<VolumeView> view) throws StoreRefusedException, DiskFailedException {
        return switch (ReplicaStore.presence(file)) {
            case BOTH -> ReplicaStore.open(file, expected());
            case DATA_ONLY -> {
                checkNew(view);
                yield ReplicaStore.adopt(file, UUID.randomUUID(), UUID.randomUUID(), Instant.now());
            }
            case NOTHING -> {
                checkNew(view);
                yield ReplicaStore.create(file, newIdentity(UUID.randomUUID()));
            }
            case METADATA_ONLY ->
                throw new StoreRefusedException(
                        file + " is missing, but its metadata " + ReplicaStore.metadata(file) + " are there",
                        "is its file system mounted? If the data are gone for good, delete the metadata, too");
        };
    }

    private Expected expected() {
        return new Expected(
                Optional.empty(),
                Optional.empty(),
                size.isPresent() ? OptionalLong.of(size.get().bytes()) : OptionalLong.empty());
    }

    private void checkNew(Optional<VolumeView> view) throws StoreRefusedException {
        if (view.isPresent()) {
            throw new StoreRefusedException(
                    file + " has no replica, but there is view " + view.get().number() + " of its volume",
                    "serve the volume from the replica that is in sync, or delete the view file to begin anew");
        }
    }

    private static void checkView(Optional<VolumeView> view, Identity identity, boolean hasMirror, Path views)
            throws StoreRefusedException {
        boolean isAlone =
                view.isPresent() && view.get().member(identity.replica()).isEmpty();
        if (isAlone && !hasMirror) {
            throw new StoreRefusedException(
                    "this replica is not in sync: %s says that %s is"
                            .formatted(views, view.get().inSync().getFirst().replica()),
                    "serve it with --mirror to where that replica is");
        }
    }

    private Identity newIdentity(UUID volume) throws StoreRefusedException {
        long bytes = size.orElseThrow(
                        () -> new StoreRefusedException(file + " does not exist", "give --size to create it"))
                .bytes();
        if (!Geometry.isSize(bytes)) {
            throw new StoreRefusedException(
                    "a volume cannot have " + bytes + " bytes", "give whole sectors of 512 bytes, from 1M to 64T");
        }
        return new Identity(volume, UUID.randomUUID(), bytes, Instant.now());
    }

    private int serve(ReplicaStore first, FileLedger ledger, Path socket, Optional<InetSocketAddress> mirror)
            throws IOException {
        Identity identity = first.identity();
        ServedVolume.Options how = new ServedVolume.Options(
                file.getFileName().toString(),
                identity.volume(),
                identity.replica(),
                first.sizeBytes(),
                bootId(),
                mirror.isPresent(),
                options.deadline(),
                RETRY,
                PATIENCE);
        ServedVolume served = new ServedVolume(
                how,
                opener(first, () -> ReplicaStore.open(file, Expected.replica(identity.volume(), identity.replica()))),
                mirror.map(address -> () -> SocketWire.connect(address, DIAL_TIMEOUT)),
                ledger,
                new Lines());
        options.resyncRate().ifPresent(rate -> served.limitResync(rate.bytes()));
        served.start();
        try {
            if (mirror.isEmpty() && !served.awaitServing(FIRST_VIEW)) {
                throw new IOException("the volume could not be served within " + FIRST_VIEW.toSeconds() + " s");
            }
            NbdServer server = NbdServer.listen(socket, Map.of("", served.volume()));
            endOnSignal();
            say("serving %s (%s) on %s".formatted(file, sizeText(first.sizeBytes()), socket));
            awaitEnd(served);
            server.close();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            close(served);
            ended.countDown();
        }
        return ExitCode.OK;
    }

    /// The store that is open already, and later ones.
    private static ServedVolume.LocalOpener opener(ReplicaStore first, ServedVolume.LocalOpener later) {
        AtomicBoolean isUsed = new AtomicBoolean();
        return () -> isUsed.getAndSet(true) ? later.open() : first;
    }

    private void close(ServedVolume served) throws DiskFailedException {
        served.close();
        isClean = true;
    }

    private void awaitEnd(ServedVolume served) throws InterruptedException {
        while (!ends.await(PROGRESS.toNanos(), TimeUnit.NANOSECONDS)) {
            served.resync().filter(progress -> progress.left() > 0).ifPresent(this::tell);
        }
    }

    private void tell(ResyncProgress progress) {
        say("resync of the %s replica: %s left, %s copied, %s"
                .formatted(
                        progress.isToPeer() ? "peer's" : "local",
                        Text.size(new ByteSize(progress.left())),
                        Text.size(new ByteSize(progress.copied())),
                        progress.isPaused()
                                ? "paused"
                                : "about " + progress.estimate().toSeconds() + " s"));
    }

    // ---- replica --------------------------------------------------------------------------------------------

    int replica(InetSocketAddress listen) {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(listen);
            ReplicaServer server = new ReplicaServer(file.getFileName().toString(), opener(), bootId());
            endOnSignal();
            Thread.ofPlatform().name("end").daemon().start(() -> closeAtEnd(listener));
            say("replica %s (%s) on %s:%d".formatted(file, sizeOfReplica(), listen.getHostString(), listen.getPort()));
            accept(listener, server);
            server.close();
            isClean = true;
            return ExitCode.OK;
        } catch (StoreRefusedException e) {
            throw refused(e);
        } catch (IOException e) {
            throw failed(e);
        } finally {
            ended.countDown();
        }
    }

    private String sizeOfReplica() throws IOException {
        return sizeText(Files.size(file));
    }

    private static void accept(ServerSocketChannel listener, ReplicaServer server) throws IOException {
        try {
            while (true) {
                SocketChannel channel = listener.accept();
                Thread.ofPlatform()
                        .name("replica-" + channel.getRemoteAddress())
                        .daemon()
                        .start(() -> {
                            try {
                                server.serve(new SocketWire(channel));
                            } catch (IOException _) {
                                // The connection was closed before it began.
                            }
                        });
            }
        } catch (ClosedChannelException _) {
            // It is to end.
        }
    }

    private void closeAtEnd(ServerSocketChannel listener) {
        try {
            ends.await();
            listener.close();
        } catch (InterruptedException | IOException _) {
            // The process ends in any case.
        }
    }

    /// A new replica belongs to no volume yet: it is made anew for the first one that it is wanted for.
    private ReplicaServer.Opener opener() throws IOException {
        if (ReplicaStore.presence(file) == Presence.NOTHING) {
            ReplicaStore.create(file, newIdentity(UUID.randomUUID())).close(true);
        } else if (ReplicaStore.presence(file) == Presence.BOTH) {
            ReplicaStore.open(file, expected()).close();
        }
        return (volume, sizeBytes) -> {
            if (ReplicaStore.presence(file) == Presence.DATA_ONLY) {
                return ReplicaStore.adopt(file, volume, UUID.randomUUID(), Instant.now());
            }
            ReplicaStore store = ReplicaStore.open(file, Expected.size(sizeBytes));
            if (store.identity().volume().equals(volume)) {
                return store;
            }
            boolean isUnused = store.standing().equals(Standing.FRESH);
            store.close(false);
            if (!isUnused) {
                throw new StoreRefusedException(
                        file + " is a replica of another volume, "
                                + store.identity().volume(),
                        "delete it and its metadata if it is to become one of this volume");
            }
            try {
                Files.delete(file);
                Files.delete(ReplicaStore.metadata(file));
            } catch (IOException e) {
                throw new DiskFailedException(0, "making " + file + " anew: " + e.getMessage(), e);
            }
            return ReplicaStore.create(file, new Identity(volume, UUID.randomUUID(), sizeBytes, Instant.now()));
        };
    }

    // ---- both -----------------------------------------------------------------------------------------------

    /// SIGTERM and Ctrl-C end the command as they should; the process waits until it has.
    private void endOnSignal() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("signal").unstarted(() -> {
            if (ended.getCount() == 0) {
                return;
            }
            ends.countDown();
            try {
                ended.await();
                // Asked to end, and ended in good order: not the exit code of a signal.
                Runtime.getRuntime().halt(isClean ? ExitCode.OK : ExitCode.REFUSED);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }));
    }

    private static UUID bootId() throws IOException {
        return UUID.fromString(Files.readString(BOOT_ID).strip());
    }

    private static String sizeText(long bytes) {
        String text = new ByteSize(bytes).toString();
        char last = text.charAt(text.length() - 1);
        return Character.isDigit(last) ? text + " bytes" : text.substring(0, text.length() - 1) + " " + last + "iB";
    }

    private synchronized void say(String line) {
        out.println(line);
        out.flush();
    }

    private static Problem.Refused refused(StoreRefusedException e) {
        return Problem.of("replica-refused", String.valueOf(e.getMessage()), e.correction())
                .refused();
    }

    private static Problem.Refused failed(IOException e) {
        return Problem.of("volume-failed", "the volume cannot be served", "check the file, the socket and the address")
                .because(e.getMessage() == null ? e.toString() : e.getMessage())
                .refused();
    }

    /// What happens goes to standard output, what should not to standard error.
    private final class Lines implements MirrorObserver {
        @Override
        public void error(String what) {
            complain(what);
        }

        @Override
        public void warning(String what) {
            complain(what);
        }

        @Override
        public void info(String what) {
            say(what);
        }

        @Override
        public void wentBack(ServedVolume volume) {
            complain("the only replica in sync was restarted, and may have lost what was not flushed:"
                    + " let clients that are connected read the volume anew");
            volume.forgotten();
        }

        private void complain(String what) {
            err.println(what);
            err.flush();
        }
    }
}
