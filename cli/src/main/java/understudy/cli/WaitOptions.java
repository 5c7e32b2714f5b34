package understudy.cli;

import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;
import understudy.api.ApiClient;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.model.HostName;
import understudy.model.Problem;

/// Whether and how long a command waits for what it asked for, and what it says then.
final class WaitOptions {
    @Option(names = "--no-wait", description = "Return as soon as the cluster has recorded it.")
    private boolean noWait;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "Wait at most so long (default: ${DEFAULT-VALUE}).")
    private int seconds = 120;

    /// Waits until a VM runs, and above level `restart` until it is protected. Running without protection is no
    /// failure: it is told as a note, for the VM works, and the cluster goes on trying to protect it.
    ///
    /// @return an exit code
    int running(ClusterOptions cluster, ApiClient client, VmStatus first) {
        if (noWait) {
            return printed(cluster, first);
        }
        boolean canBeProtected = first.hosts().size() > 1;
        VmStatus vm = waiting(cluster, client)
                .until(first, v -> v.state() == VmState.RUNNING && (v.isProtected() || !canBeProtected));
        if (vm.state() != VmState.RUNNING) {
            throw notRunning(vm).refused();
        }
        if (canBeProtected && !vm.isProtected()) {
            cluster.tell("note: %s runs, but is not protected yet%s; understudy vm show %s says how it goes on"
                    .formatted(vm.name(), vm.reason().isEmpty() ? "" : " (" + vm.reason() + ")", vm.name()));
        }
        return printed(cluster, vm);
    }

    /// Waits until a VM that runs is protected; one that does not run has nothing to wait for.
    int protectedIfItRuns(ClusterOptions cluster, ApiClient client, VmStatus first) {
        boolean runs = first.state() != VmState.STOPPED && first.state() != VmState.FAILED;
        return runs ? running(cluster, client, first) : printed(cluster, first);
    }

    /// Waits until a VM runs, whose other host is not expected.
    int runningAlone(ClusterOptions cluster, ApiClient client, VmStatus first) {
        VmStatus vm = noWait ? first : waiting(cluster, client).until(first, v -> v.state() == VmState.RUNNING);
        if (!noWait && vm.state() != VmState.RUNNING) {
            throw notRunning(vm).refused();
        }
        return printed(cluster, vm);
    }

    /// Waits until a VM is stopped.
    int stopped(ClusterOptions cluster, ApiClient client, VmStatus first) {
        VmStatus vm = noWait ? first : waiting(cluster, client).until(first, v -> v.state() == VmState.STOPPED);
        if (!noWait && vm.state() != VmState.STOPPED) {
            throw Problem.of(
                            "time-out",
                            vm.name() + " has not stopped within " + seconds + " s",
                            "understudy vm stop --force " + vm.name())
                    .because(vm.reason())
                    .refused();
        }
        return printed(cluster, vm);
    }

    /// Waits until another host runs a VM than the one that did, as long as it is to be moved.
    ///
    /// @param to where it is to run; its other host if empty
    int switchedOver(ClusterOptions cluster, ApiClient client, VmStatus before, Optional<HostName> to, VmStatus first) {
        VmStatus vm = noWait
                ? first
                : waiting(cluster, client).until(first, v -> v.movingTo().isEmpty() && v.state() != VmState.STARTING);
        boolean isElsewhere = to.isPresent()
                ? vm.active().equals(to)
                : vm.active().isPresent() && !vm.active().equals(before.active());
        if (!noWait && !isElsewhere && vm.movingTo().isEmpty()) {
            throw Problem.of(
                            "not-moved",
                            vm.name()
                                    + " has not moved: somebody stopped it or lets it stay, or the host cannot take it",
                            "understudy events --vm " + vm.name() + " says what happened")
                    .refused();
        }
        if (!noWait && !isElsewhere) {
            throw Problem.of(
                            "time-out",
                            vm.name() + " has not moved within " + seconds + " s",
                            "it is tried on; understudy vm switchover %s --cancel lets it stay".formatted(vm.name()))
                    .because(vm.reason())
                    .refused();
        }
        return printed(cluster, vm);
    }

    private Waiting waiting(ClusterOptions cluster, ApiClient client) {
        return new Waiting(cluster, client, Duration.ofSeconds(Math.max(0, seconds)));
    }

    private Problem notRunning(VmStatus vm) {
        boolean failed = vm.state() == VmState.FAILED;
        return Problem.of(
                        failed ? "vm-failed" : "time-out",
                        failed
                                ? vm.name() + " has failed"
                                : vm.name() + " is still " + vm.state() + " after " + seconds + " s",
                        "understudy events --vm " + vm.name() + " says what happened")
                .because(vm.reason())
                .with("vm", vm.name());
    }

    static int printed(ClusterOptions cluster, VmStatus vm) {
        cluster.print(vm, () -> Text.sentence(vm));
        return ExitCode.OK;
    }
}
