package understudy.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import understudy.api.ApiClient;
import understudy.lab.AgentOptions;
import understudy.lab.GuestBuild;
import understudy.lab.Installation;
import understudy.lab.Lab;
import understudy.lab.LabGuest;
import understudy.lab.LabPlan;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.EchoClient;
import understudy.lab.probe.GuestShell;

/// What a measurement stands on: a lab of two hosts and a witness, gone at the end, with the lab guest at hand.
final class Bed implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration RETRY = Duration.ofMillis(100);

    private final Lab lab;
    private final ApiClient api;
    private final LabGuest guest;
    private final Progress progress;
    private final Thread cleaner = new Thread(Lab::down, "bench-down");

    private Bed(Lab lab, LabGuest guest, Progress progress) {
        this.lab = lab;
        this.guest = guest;
        this.progress = progress;
        this.api = LabVm.api(lab);
        Runtime.getRuntime().addShutdownHook(cleaner);
    }

    static Bed make(Progress progress) {
        return make(AgentOptions.NONE, progress);
    }

    static Bed make(AgentOptions options, Progress progress) {
        LabGuest guest = new GuestBuild(Installation.cacheFolder(), progress).guest();
        return new Bed(Lab.up(LabPlan.usual().with(options), progress), guest, progress);
    }

    Lab lab() {
        return lab;
    }

    ApiClient api() {
        return api;
    }

    /// The API as one node answers it.
    ApiClient api(String node) {
        return new ApiClient(List.of(URI.create(lab.node(node).url())));
    }

    Progress progress() {
        return progress;
    }

    LabVm create(LabVm.Wish wish) {
        return LabVm.create(api, guest, wish);
    }

    /// Opens an echo connection, as soon as the guest's services answer.
    EchoClient connect(LabVm vm) throws IOException {
        return whenUp(() -> EchoClient.start(lab.clientNamespace(), vm.echo(), Duration.ZERO));
    }

    GuestShell shell(LabVm vm) throws IOException {
        return whenUp(() -> GuestShell.open(lab.clientNamespace(), vm.shell()));
    }

    private interface Connecting<T> {
        T connect() throws IOException;
    }

    private <T> T whenUp(Connecting<T> connecting) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return connecting.connect();
            } catch (IOException guestStillBoots) {
                if (System.nanoTime() > end) {
                    throw guestStillBoots;
                }
                progress.waiting("waiting for the guest's services");
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
    }

    /// Lets time pass, with signs of life.
    void pass(Duration time, String what) {
        long end = System.nanoTime() + time.toNanos();
        for (long rest = time.toNanos(); rest > 0; rest = end - System.nanoTime()) {
            progress.waiting(what);
            LockSupport.parkNanos(Math.min(rest, RETRY.toNanos()));
        }
    }

    @Override
    public void close() {
        api.close();
        Lab.down();
        Runtime.getRuntime().removeShutdownHook(cleaner);
    }
}
