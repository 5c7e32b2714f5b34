package understudy.agent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import understudy.api.Event.Severity;
import understudy.link.Link;
import understudy.link.Messenger;
import understudy.model.HostName;
import understudy.model.Replica;
import understudy.model.VmSpec;
import understudy.protocol.LeaseTiming;
import understudy.protocol.PackingChoice;
import understudy.protocol.Part;
import understudy.protocol.ViewInput;
import understudy.qemu.Accelerator;

/// A driver's desk with a thread of its own, for one host of a test; its machine is the test's.
final class TestDesk implements DriverDesk, AutoCloseable {
    private final VmSpec spec;
    private final AgentServices services;
    private final Consumer<ViewInput> machine;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    final BlockingQueue<ViewInput> steps = new LinkedBlockingQueue<>();
    final List<String> events = new CopyOnWriteArrayList<>();

    TestDesk(
            VmSpec spec,
            Link link,
            Messenger messenger,
            FileStore files,
            Path folder,
            UUID boot,
            PeerReports reports,
            Consumer<ViewInput> machine)
            throws IOException {
        this.spec = spec;
        this.machine = machine;
        HostName self = link.config().self();
        Replica life = new Replica(self, link.config().life());
        services = new AgentServices(
                life,
                boot,
                config(self, folder),
                link,
                messenger,
                new SilentLedger(),
                new QemuHost(
                        folder.resolve("r"),
                        folder.resolve("d"),
                        files,
                        Accelerator.TCG,
                        EarlyDisks.listen(QemuHost.instances(folder.resolve("r")))),
                files,
                new EventLog(self),
                reports,
                _ -> false,
                (_, _) -> {},
                new LeaseKeeper(life, LeaseTiming.DEFAULT, new SilentLedger()),
                new AloneWords(folder.resolve("alone"), boot),
                new ScrubTurn());
    }

    static AgentConfig config(HostName self, Path folder) {
        return new AgentConfig(
                new UUID(1, 1),
                self,
                false,
                folder,
                folder,
                Optional.of(folder.resolve("disk")),
                Optional.of("br0"),
                Optional.empty(),
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                List.of(),
                List.of(self),
                List.of(),
                Optional.empty(),
                Duration.ofMillis(200),
                LeaseTiming.DEFAULT,
                Optional.empty(),
                ScrubSchedule.DEFAULT,
                PackingChoice.Mode.AUTO,
                0);
    }

    @Override
    public VmSpec spec() {
        return spec;
    }

    @Override
    public AgentServices services() {
        return services;
    }

    @Override
    public long knownView() {
        return 1;
    }

    @Override
    public Part part() {
        return new Part.Idle();
    }

    @Override
    public boolean hasOpenProposal() {
        return false;
    }

    @Override
    public void post(Runnable work) {
        try {
            thread.execute(work);
        } catch (RejectedExecutionException _) {
            // The test is over.
        }
    }

    @Override
    public void step(ViewInput input) {
        steps.add(input);
        machine.accept(input);
    }

    @Override
    public void event(String kind, Severity severity, String text) {
        events.add(kind + " " + severity + " " + text);
    }

    @Override
    public void standbyTooSlow(Replica standby, String reason) {
        throw new AssertionError("nothing is copied here");
    }

    @Override
    public void copyFailed(String reason) {
        events.add("copy-failed " + reason);
    }

    /// Has the driver's thread do something, and waits for it.
    void run(Runnable work) {
        CompletableFuture.runAsync(work, thread).join();
    }

    boolean isClosed() {
        return thread.isShutdown();
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
