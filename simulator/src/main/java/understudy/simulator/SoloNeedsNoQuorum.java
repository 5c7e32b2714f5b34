package understudy.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.model.HostName;
import understudy.model.Placement.Solo;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VolumeView;
import understudy.protocol.Part;

/// Invariant 6: who runs a VM alone, so that nobody else can go on with it, needs nobody's leave to go on. While its
/// host reaches no majority nothing of that guest ceases: it is not ended, its gate is not shut, it does not stand
/// still, and its disks answer.
///
/// What is judged is what ceases, not what has not begun: a guest that said nothing when the majority was lost may wait
/// for it. So may one for which a view was asked for that may let another host in, until it is known what became of
/// that; and one whose own disk fails.
final class SoloNeedsNoQuorum implements Checker {

    /// A guest that may go on, and the view by which it may.
    private record Run(View view, Guest guest) {}

    private final Cluster cluster;

    /// Those that did go on when they were looked at last, on hosts that reached no majority.
    private final Map<HostName, Map<VmId, Run>> goingOn = new TreeMap<>();

    SoloNeedsNoQuorum(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        return observation instanceof Observation.GuestEnded ended
                ? driver(ended)
                        .filter(driver -> isMissed(driver, before(ended.host())))
                        .map(_ -> "a guest on %s that runs alone is ended: %s".formatted(ended.host(), ended.why()))
                : Optional.empty();
    }

    private Optional<VmDriver> driver(Observation.GuestEnded ended) {
        return cluster.host(ended.host()).agent().flatMap(agent -> agent.driver(ended.vm()));
    }

    private Map<VmId, Run> before(HostName host) {
        return goingOn.getOrDefault(host, Map.of());
    }

    @Override
    public List<String> look() {
        List<String> broken = new ArrayList<>();
        for (Host host : cluster.hosts()) {
            Map<VmId, Run> before = before(host.name());
            goingOn.remove(host.name());
            if (host.isResponsive() && !cluster.ledger().serves(host)) {
                goingOn.put(host.name(), look(host, before, broken));
            }
        }
        return broken;
    }

    private Map<VmId, Run> look(Host host, Map<VmId, Run> before, List<String> broken) {
        Map<VmId, Run> now = new TreeMap<>();
        for (VmDriver driver : host.agent().orElseThrow().drivers()) {
            Optional<String> wrong = ceased(driver);
            if (wrong.isEmpty()) {
                run(driver).ifPresent(it -> now.put(driver.vm(), it));
            } else if (isMissed(driver, before)) {
                broken.add("a guest on %s that runs alone, and reaches no majority, %s"
                        .formatted(host.name(), wrong.get()));
            }
        }
        return now;
    }

    /// Whether the very guest went on by the very view, and still may.
    private boolean isMissed(VmDriver driver, Map<VmId, Run> before) {
        Optional<Run> was = Optional.ofNullable(before.get(driver.vm()));
        return was.isPresent() && was.equals(run(driver));
    }

    /// The guest that may go on, if one may.
    private Optional<Run> run(VmDriver driver) {
        Host host = driver.agent().host();
        Optional<VmRecord> known = driver.known();
        boolean isWanted = known.filter(VmRecord::wanted).isPresent()
                && cluster.ledger().vm(driver.vm()).filter(VmRecord::wanted).isPresent();
        boolean isAlone =
                driver.isAlone() || (known.filter(it -> isAlone(it, driver)).isPresent() && !driver.hasOpenProposal());
        boolean hasDisks = driver.spec().disks().stream()
                .allMatch(disk -> host.disk(disk.id())
                        .filter(it ->
                                it.isPrompt() && it.works(cluster.schedule().nowNanos()))
                        .isPresent());
        return isWanted && isAlone && hasDisks
                ? driver.guest().map(guest -> new Run(known.orElseThrow().view(), guest))
                : Optional.empty();
    }

    private boolean isAlone(VmRecord known, VmDriver driver) {
        View view = known.view();
        HostName host = driver.agent().host().name();
        return view.placement().equals(new Solo(driver.agent().replica()))
                && view.successors(known.spec()).isEmpty()
                && view.volumes().stream().allMatch(it -> isOnlyOn(it, host))
                && cluster.ledger()
                        .vm(driver.vm())
                        .filter(it -> it.view().equals(view))
                        .isPresent();
    }

    private static boolean isOnlyOn(VolumeView volume, HostName host) {
        return volume.replicas().stream()
                .allMatch(it -> it.inSync() == it.host().equals(host));
    }

    /// What its guest does not do; empty if it does all.
    private static Optional<String> ceased(VmDriver driver) {
        boolean isCopied = driver.part() instanceof Part.Copying;
        if (!isCopied && !(driver.part() instanceof Part.Running)) {
            return Optional.of("is " + driver.part());
        }
        if (driver.isSettlingDisks()) {
            return Optional.empty();
        }
        if (driver.guest().filter(Guest::isRunning).isEmpty()) {
            return Optional.of("does not run");
        }
        if (driver.gate().mode() != Gate.Mode.OPEN && !isCopied) {
            return Optional.of("has a gate that is " + driver.gate().mode());
        }
        if (driver.guest().filter(Guest::isPaused).isPresent() && !isCopied) {
            return Optional.of("stands still");
        }
        if (!driver.mayGoOn()) {
            return Optional.of("lacks a lease");
        }
        return driver.spec().disks().stream()
                .filter(disk -> driver.mirror(disk.id()).isHeld())
                .findFirst()
                .map(disk -> "gets no answer of disk " + disk.name());
    }
}
