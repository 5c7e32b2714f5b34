package understudy.cli;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import understudy.api.ApiClient;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.model.Problem;
import understudy.model.VmName;

/// Waits until a VM is as somebody wished, and says on standard error how it is coming along, at most once a
/// second. A host that dies meanwhile is no reason to give up: the cluster is there to survive that.
final class Waiting {
    private static final Duration PERIOD = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration TELL_PERIOD = Duration.ofSeconds(1);
    private static final Set<String> PASSING = Set.of(ApiClient.NO_CLUSTER, ApiClient.NO_ANSWER, "no-quorum");

    private final ClusterOptions cluster;
    private final ApiClient client;
    private final Duration timeOut;
    private String told = "";
    private long toldAt = System.nanoTime() - TELL_PERIOD.toNanos();

    Waiting(ClusterOptions cluster, ApiClient client, Duration timeOut) {
        this.cluster = cluster;
        this.client = client;
        this.timeOut = timeOut;
    }

    /// @return the VM as it was seen last: as wished, or failed, or not yet as wished after the time-out
    /// @throws Problem.Refused if the cluster refuses to say, or is still out of reach after the time-out
    VmStatus until(VmStatus first, Predicate<VmStatus> wished) {
        VmName name = first.name();
        VmStatus vm = first;
        long begin = System.nanoTime();
        while (!wished.test(vm) && vm.state() != VmState.FAILED) {
            tell(Text.sentence(vm));
            pause();
            boolean isLast = System.nanoTime() - begin >= timeOut.toNanos();
            try {
                vm = client.vm(name);
            } catch (Problem.Refused refused) {
                if (isLast || !PASSING.contains(refused.problem().code())) {
                    throw refused;
                }
                tell(refused.problem().message() + "; trying again");
            }
            if (isLast) {
                break;
            }
        }
        return vm;
    }

    /// Asks until the cluster answers, for half a minute at most.
    ///
    /// @throws Problem.Refused if it refuses, or is out of reach for longer
    static <T> T patiently(ClusterOptions cluster, Supplier<T> question) {
        long begin = System.nanoTime();
        while (true) {
            try {
                return question.get();
            } catch (Problem.Refused refused) {
                boolean isLong = System.nanoTime() - begin >= PATIENCE.toNanos();
                if (isLong || !PASSING.contains(refused.problem().code())) {
                    throw refused;
                }
                cluster.tell(refused.problem().message() + "; trying again");
            }
            pause();
        }
    }

    private void tell(String line) {
        long now = System.nanoTime();
        if (!line.equals(told) && now - toldAt >= TELL_PERIOD.toNanos()) {
            told = line;
            toldAt = now;
            cluster.tell(line);
        }
    }

    private static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(PERIOD.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of("interrupted", "interrupted while waiting", "").refused();
        }
    }
}
