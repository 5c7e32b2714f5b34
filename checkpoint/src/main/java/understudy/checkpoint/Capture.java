package understudy.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import understudy.linux.Fifo;
import understudy.qemu.InstanceDirectory;
import understudy.qemu.Qmp;
import understudy.qemu.QmpException;

/// Takes one checkpoint: stops the guest, saves its devices, takes the pages that it wrote, lets it run on.
///
/// One command does it all: `xen-save-devices-state` stops the guest, writes into a FIFO, and lets the guest
/// run on when everything is written. The FIFO is smaller than any state, so QEMU blocks in it, the guest
/// standing still, until we drain it: in that window pages and frames are taken. What was drained is longer
/// than the FIFO, which proves that the window was open all the time.
///
/// The command goes over a control socket of its own, where it stands primed ([Qmp#prime]) between captures.
///
/// What was taken can be sent before QEMU has answered, and is, since the answer takes half as long as a pause;
/// but it counts only when [#complete] has returned.
///
/// Rejected: `stop`, save, `cont`: three exchanges instead of one, and nearly twice the pause.
///
/// Threads: one at a time.
public final class Capture implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration WAIT = Duration.ofMillis(200);

    /// Short: QEMU takes its time for each byte of a command.
    private static final String FIFO = "dev";

    private static final int NARROW_BYTES = 4 << 10;
    private static final int WIDE_BYTES = 1 << 20;
    private static final int READ_BYTES = 256 << 10;

    private final Qmp monitor;
    private final Qmp qmp;
    private final Fifo fifo;
    private final GuestMemory memory;
    private final PauseClock clock = new PauseClock();
    private Qmp.Primed save;
    private int narrow;
    private CompletableFuture<JsonNode> saved = CompletableFuture.completedFuture(MissingNode.getInstance());

    /// What must happen while the guest stands still, after its pages were taken.
    interface Window {
        void open() throws IOException;
    }

    Capture(GuestHandle guest, GuestMemory memory) throws IOException {
        this.monitor = guest.qmp();
        this.memory = memory;
        Path path = fifo(guest.process().directory());
        Files.deleteIfExists(path);
        this.fifo = Fifo.create(path);
        try {
            this.qmp = Qmp.connect(guest.process().directory().checkpointQmp(), PATIENCE, clock);
        } catch (QmpException e) {
            fifo.close();
            throw e;
        }
        try {
            this.narrow = fifo.capacity(NARROW_BYTES);
            this.save = prime(qmp);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /// The name is relative to QEMU's own directory.
    private static Qmp.Primed prime(Qmp qmp) throws QmpException {
        return qmp.prime("xen-save-devices-state", Map.of("filename", FIFO, "live", false));
    }

    /// Where QEMU's devices are saved to.
    public static Path fifo(InstanceDirectory directory) {
        return directory.path().resolve(FIFO);
    }

    /// Fills `into` with what the guest did since the last capture, and lets it run on. A guest that stands still
    /// already stays so. Then [#complete] is due.
    ///
    /// @throws GuestFailure if QEMU failed
    /// @throws IOException  if the epoch is too large. Whatever failed: what was taken is lost, so everything
    /// must be copied again
    void take(StagedEpoch into, Window window) throws IOException {
        into.clear();
        try {
            tryToTake(into, window);
        } catch (Room.TooLarge e) {
            throw e;
        } catch (IOException e) {
            throw new GuestFailure(e);
        }
    }

    private void tryToTake(StagedEpoch into, Window window) throws IOException {
        saved = save.issue();
        awaitFirstBytes();
        memory.take(into);
        window.open();
        fifo.capacity(WIDE_BYTES);
        drain(into);
        if (into.deviceBytes() <= narrow) {
            throw new IOException("QEMU saved only " + into.deviceBytes()
                    + " bytes of devices: the guest may have run while its memory was taken");
        }
    }

    /// Waits until QEMU has said that it saved everything, and makes ready for the next capture.
    ///
    /// @return how long the guest stood still
    /// @throws GuestFailure if QEMU failed: what was taken must not count
    Duration complete() throws GuestFailure {
        try {
            finish();
            fifo.reopen();
            narrow = fifo.capacity(NARROW_BYTES);
            save = prime(qmp);
        } catch (IOException e) {
            throw new GuestFailure(e);
        }
        return clock.last();
    }

    /// Stops the guest until somebody lets it run.
    void stop() throws GuestFailure {
        try {
            monitor.execute("stop", PATIENCE);
        } catch (IOException e) {
            throw new GuestFailure(e);
        }
    }

    private void awaitFirstBytes() throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (fifo.awaitReadable(WAIT) != Fifo.Readiness.DATA) {
            if (saved.isDone()) {
                finish();
                throw new IOException("QEMU saved its devices without writing them");
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("QEMU did not begin to save its devices within " + PATIENCE.toSeconds() + " s");
            }
        }
    }

    private void drain(StagedEpoch into) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            MemorySegment room = into.deviceRoom(READ_BYTES);
            int read = fifo.read(room, 0, READ_BYTES);
            into.trimDevices(READ_BYTES - Math.max(0, read));
            if (read < 0) {
                return;
            }
            if (read == 0 && fifo.awaitReadable(WAIT) == Fifo.Readiness.TIMED_OUT && System.nanoTime() > deadline) {
                throw new IOException("QEMU did not finish saving its devices within " + PATIENCE.toSeconds() + " s");
            }
        }
    }

    private void finish() throws IOException {
        try {
            saved.get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IOException("QEMU could not save its devices: " + e.getMessage(), e);
        } catch (TimeoutException e) {
            throw new IOException("QEMU did not let the guest run on within " + PATIENCE.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a checkpoint was taken", e);
        }
    }

    @Override
    public void close() throws IOException {
        qmp.close();
        fifo.close();
    }
}
