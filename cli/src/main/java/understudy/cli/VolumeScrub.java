package understudy.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import understudy.api.ApiClient;
import understudy.api.Scrub;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.api.VolumeStatus;
import understudy.model.Problem;
import understudy.model.VmName;

@Command(
        name = "scrub",
        header = "Read and verify all of a disk on both hosts, and mend what is corrupt.",
        description = {
            "The VM must run. What is corrupt on one host is mended from the other, if both are in sync. The scrub"
                    + " makes way for the guest, and keeps to the limit of volume resync.",
            "Waits for the end, one disk after the other; a scrub that is under way already is waited for. The exit code is 1 if blocks have no good copy, or a scrub"
                    + " came to no end."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  understudy volume scrub db-1 disk0", "  understudy volume scrub --all --output json"})
final class VolumeScrub implements Callable<Integer> {
    private static final long PERIOD_MILLIS = 500;
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(2);

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Parameters(paramLabel = "VM", arity = "0..1", index = "0", description = "The VM's name.")
    private Optional<VmName> vm = Optional.empty();

    @Parameters(paramLabel = "DISK", arity = "0..1", index = "1", description = "Its disk: disk0, disk1, …")
    private Optional<String> disk = Optional.empty();

    @Option(names = "--all", description = "All disks of all VMs that run.")
    private boolean all;

    @Option(names = "--no-wait", description = "Return when it has begun; volume show says how it goes on.")
    private boolean noWait;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Override
    public Integer call() {
        if (all ? vm.isPresent() : disk.isEmpty()) {
            throw new CommandLine.ParameterException(command.commandLine(), "name VM and DISK, or --all");
        }
        try (ApiClient client = cluster.connect()) {
            List<VolumeStatus> ended = new ArrayList<>();
            for (VolumeStatus volume : wanted(client)) {
                ended.add(scrub(client, volume));
            }
            if (all) {
                cluster.print(ended, () -> ended.isEmpty() ? "no VM with disks runs" : VolumeText.scrubs(ended));
            } else {
                cluster.print(ended.getFirst(), () -> VolumeText.scrubs(ended));
            }
            boolean isWell = noWait
                    || ended.stream()
                            .allMatch(it -> it.scrub().filter(Scrub::endedWell).isPresent());
            return isWell ? ExitCode.OK : ExitCode.REFUSED;
        }
    }

    private List<VolumeStatus> wanted(ApiClient client) {
        if (!all) {
            return List.of(client.volume(vm.orElseThrow(), disk.orElseThrow()));
        }
        return client.vms().stream()
                .filter(it -> it.state() == VmState.RUNNING)
                .map(VmStatus::disks)
                .flatMap(List::stream)
                .toList();
    }

    /// One that is under way already, since hosts scrub unasked, too, is waited for: it reads everything as well.
    private VolumeStatus scrub(ApiClient client, VolumeStatus listed) {
        VolumeStatus volume = client.volume(listed.vm(), listed.name());
        Optional<Scrub> before = volume.scrub();
        VolumeStatus now;
        try {
            now = client.scrub(volume.vm(), volume.name());
        } catch (Problem.Refused e) {
            if (!e.problem().code().equals("scrub-runs")) {
                throw e;
            }
            cluster.tell("%s %s: a scrub is under way; this waits for it".formatted(volume.vm(), volume.name()));
            before = before.filter(it -> it.ended().isPresent());
            now = client.volume(volume.vm(), volume.name());
        }
        long toldAt = System.nanoTime();
        while (!noWait && !hasEnded(before, now)) {
            pause();
            if (System.nanoTime() - toldAt >= TELL_NANOS) {
                toldAt = System.nanoTime();
                cluster.tell("%s %s: scrub %s"
                        .formatted(
                                now.vm(),
                                now.name(),
                                now.scrub()
                                        .map(it -> Text.percent(it.progress()))
                                        .orElse("begins")));
            }
            now = Waiting.patiently(cluster, () -> client.volume(volume.vm(), volume.name()));
            refuseLost(now);
        }
        return now;
    }

    /// What a host tells of it is up to a second old.
    private static boolean hasEnded(Optional<Scrub> before, VolumeStatus now) {
        return now.scrub()
                .filter(it -> it.ended().isPresent())
                .filter(it -> before.filter(b -> b.began().equals(it.began())).isEmpty())
                .isPresent();
    }

    /// The agent that ran it may be gone, and with it what it knew.
    private static void refuseLost(VolumeStatus now) {
        if (now.resync().isEmpty()
                && now.scrub().filter(it -> it.ended().isEmpty()).isEmpty()) {
            throw Problem.of(
                            "scrub-lost",
                            "The VM %s does not run any more, or its host's agent was restarted.".formatted(now.vm()),
                            "Scrub it again when it runs.")
                    .refused();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PERIOD_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of("interrupted", "interrupted while waiting; the scrub goes on", "")
                    .refused();
        }
    }
}
