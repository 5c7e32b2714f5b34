package understudy.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import understudy.model.VolumeSpec;
import understudy.volume.Volume;
import understudy.volume.nbd.Export;
import understudy.volume.nbd.NbdLimits;
import understudy.volume.nbd.NbdServer;
import understudy.volume.nbd.NbdSocket;

/// The disks of one QEMU, on the socket that it dials, and what keeps its writes aside while its guest is copied.
///
/// Threads: the VM's driver.
final class QemuDisks {
    private final NbdServer server;
    private final EpochDisks epochs;
    private final String vm;
    private Optional<CompletableFuture<Integer>> ended = Optional.empty();

    /// What waits for a lease then waits no more: the guest's QEMU ends, too.
    private final AtomicBoolean isOver;

    private QemuDisks(NbdServer server, EpochDisks epochs, String vm, AtomicBoolean isOver) {
        this.server = server;
        this.epochs = epochs;
        this.vm = vm;
        this.isOver = isOver;
    }

    /// @param disks  the VM's, by number
    /// @param epochs what is behind them
    /// @param lease  asked with each request
    static QemuDisks listen(
            NbdSocket socket, String vm, List<VolumeSpec> disks, EpochDisks epochs, VmLease lease, NbdLimits limits)
            throws IOException {
        AtomicBoolean over = new AtomicBoolean();
        // What is kept aside shows nothing to the world: frames wait for their epochs then. And QEMU, which waits for
        // all answers when it pauses its guest, must not wait for a lease.
        BooleanSupplier mayGoOn = () -> lease.mayGoOn() || over.get() || !epochs.isDirect();
        List<Volume> volumes = epochs.disks();
        List<Export> exports = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            exports.add(new Export(disks.get(i).name(), new LeasedVolume(volumes.get(i), mayGoOn), false));
        }
        return new QemuDisks(NbdServer.serve(socket, exports, limits), epochs, vm, over);
    }

    EpochDisks epochs() {
        return epochs;
    }

    /// Ends it where nobody waits for the end.
    void discard() {
        var _ = end();
    }

    /// Returns at once: requests may be under way that no disk answers. What was kept aside is dropped. Safe to repeat.
    ///
    /// @return how many threads were left behind in calls of the volumes
    CompletableFuture<Integer> end() {
        if (ended.isPresent()) {
            return ended.get();
        }
        isOver.set(true);
        CompletableFuture<Integer> end = new CompletableFuture<>();
        ended = Optional.of(end);
        Thread.ofPlatform().daemon().name("nbd-end-" + vm).start(() -> {
            epochs.close();
            server.close();
            int applier = epochs.isLeftBehind() ? 1 : 0;
            end.complete(server.connections() + applier);
        });
        return end;
    }
}
