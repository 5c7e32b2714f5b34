package understudy.simulator.scenario;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.RestartLimit;
import understudy.model.VmName;
import understudy.model.VmSpec;
import understudy.simulator.ClusterPlan;
import understudy.simulator.ClusterPlan.Load;
import understudy.simulator.ClusterPlan.Machine;
import understudy.simulator.ClusterPlan.VmPlan;

/// All that has a name in a scenario, in the order in which the file names it.
final class Cast {
    private static final int HOSTS_MAX = 64;
    private static final int WITNESSES_MAX = 7;
    private static final int VMS_MAX = 2_000;
    private static final int DISKS_MAX = 8;
    private static final int CPUS_MAX = 1_024;
    private static final int VM_CPUS_MAX = 64;

    private final List<HostName> hosts = new ArrayList<>();
    private final List<HostName> witnesses = new ArrayList<>();
    private final SortedMap<HostName, Machine> machines = new TreeMap<>();
    private final SortedMap<String, List<HostName>> sites = new TreeMap<>();
    private final Map<String, VmSpec> vms = new TreeMap<>();
    private final Map<HostName, Long> promised = new TreeMap<>();

    void host(Document.Node node, int line) {
        add(node, line, hosts, HOSTS_MAX);
    }

    void witness(Document.Node node, int line) {
        node.memory().ifPresent(text -> {
            throw text.wrong("A witness has no memory for VMs.", "Leave it out.");
        });
        node.cpus().ifPresent(text -> {
            throw text.wrong("A witness has no CPUs for VMs.", "Leave it out.");
        });
        add(node, line, witnesses, WITNESSES_MAX);
    }

    private void add(Document.Node node, int line, List<HostName> to, int max) {
        Text text = node.name().orElseThrow(() -> new Mistake(line, "A node without a name.", "Write name: h1."));
        HostName name = text.as(HostName::new, "Choose another name.");
        if (isNode(name)) {
            throw text.wrong("There are two nodes named " + name + ".", "Give each a name of its own.");
        }
        if (to.size() >= max) {
            throw text.wrong("More than " + max + " of them.", "Leave some out.");
        }
        to.add(name);
        node.site().ifPresent(site -> {
            site.as(HostName::new, "Choose another name for the site.");
            sites.computeIfAbsent(site.value(), _ -> new ArrayList<>()).add(name);
        });
        machines.put(
                name,
                new Machine(
                        node.memory().map(Text::size).orElse(Machine.LARGE.memory()),
                        node.cpus().map(it -> it.number("CPUs", 1, CPUS_MAX)).orElse(Machine.LARGE.cpus()),
                        node.site().map(Text::value)));
    }

    private boolean isNode(HostName name) {
        return hosts.contains(name) || witnesses.contains(name);
    }

    List<HostName> hosts() {
        return List.copyOf(hosts);
    }

    List<HostName> witnesses() {
        return List.copyOf(witnesses);
    }

    SortedMap<HostName, Machine> machines() {
        return Collections.unmodifiableSortedMap(machines);
    }

    HostName host(Text text) {
        return find(text, hosts, "host");
    }

    HostName node(Text text) {
        return find(text, nodes(), "host or witness");
    }

    List<HostName> nodes() {
        return Stream.concat(hosts.stream(), witnesses.stream()).toList();
    }

    List<HostName> site(Text text) {
        List<HostName> there = sites.get(text.value());
        if (there == null) {
            throw text.wrong("There is no site named " + text.value() + ".", "Write one of: " + sites.keySet() + ".");
        }
        return List.copyOf(there);
    }

    private static HostName find(Text text, List<HostName> among, String kind) {
        return among.stream()
                .filter(it -> it.value().equals(text.value()))
                .findFirst()
                .orElseThrow(() -> text.wrong(
                        "There is no " + kind + " named " + text.value() + ".", "Write one of: " + among + "."));
    }

    VmSpec vm(Text text) {
        VmSpec vm = vms.get(text.value());
        if (vm == null) {
            throw text.wrong("There is no VM named " + text.value() + ".", "Write one of: " + vms.keySet() + ".");
        }
        return vm;
    }

    /// A VM from here on in the file.
    VmPlan vm(Document.Vm vm, int line) {
        Text text = vm.name().orElseThrow(() -> new Mistake(line, "A VM without a name.", "Write name: web-1."));
        VmName name = text.as(VmName::new, "Choose another name.");
        if (vms.containsKey(name.value())) {
            throw text.wrong("There are two VMs named " + name + ".", "Give each a name of its own.");
        }
        if (vms.size() >= VMS_MAX) {
            throw text.wrong("More than " + VMS_MAX + " VMs.", "Leave some out.");
        }
        Level level = level(vm, text);
        int disks = vm.disks().map(it -> it.number("disks", 0, DISKS_MAX)).orElse(level == Level.SYSTEM ? 0 : 1);
        checkDisks(level, disks, vm.disks().orElse(text));
        ByteSize size = vm.memory().map(Text::size).orElse(ByteSize.ofMebibytes(256));
        int cpus = vm.cpus().map(it -> it.number("CPUs", 1, VM_CPUS_MAX)).orElse(1);
        boolean isPlaced = vm.hosts().isEmpty();
        List<HostName> pair = isPlaced
                ? List.of(hosts.getFirst())
                : vm.hosts().stream().map(this::host).toList();
        VmSpec spec = text.as(
                _ -> ClusterPlan.spec(vms.size() + 1, name, level, size, cpus, disks, pair)
                        .with(care(vm)),
                "Write what a VM can be.");
        vms.put(name.value(), spec);
        if (!isPlaced) {
            pair.forEach(it -> promise(it, size, vm.memory().orElse(text)));
        }
        return new VmPlan(spec, vm.start().map(Text::truth).orElse(true), load(vm), isPlaced);
    }

    private static Care care(Document.Vm vm) {
        RestartLimit limit = vm.restartLimit()
                .map(text -> text.as(RestartLimit::parse, "Write for example 5/10m, or none."))
                .orElse(RestartLimit.DEFAULT);
        int order = vm.startOrder()
                .map(text -> text.number("orders", 0, Care.ORDER_MAX))
                .orElse(Care.USUAL_ORDER);
        int delay = vm.startDelay().map(Cast::seconds).orElse(0);
        return Care.DEFAULT.with(limit).starting(order, delay);
    }

    private static int seconds(Text text) {
        Duration time = text.duration();
        if (!time.equals(time.truncatedTo(ChronoUnit.SECONDS))) {
            throw text.wrong("'" + text.value() + "' is not made of whole seconds.", "Write for example 30s.");
        }
        return Math.toIntExact(time.toSeconds());
    }

    private static Level level(Document.Vm vm, Text name) {
        Text text = vm.level().orElseThrow(() -> name.wrong(name.value() + " has no level.", "Write level: system."));
        Level level = text.as(Level::parse, "Write one of them.");
        return level;
    }

    /// As the product has it.
    private static void checkDisks(Level level, int disks, Text text) {
        if (level == Level.COMPONENT && disks == 0) {
            throw text.wrong("Level component is not available for VMs without disks.", "Write disks: 1.");
        }
    }

    private static Load load(Document.Vm vm) {
        return vm.load()
                .map(text -> switch (text.value()) {
                    case "busy" -> Load.BUSY;
                    case "idle" -> Load.IDLE;
                    default -> throw text.wrong("'" + text.value() + "' is no load.", "Write busy or idle.");
                })
                .orElse(Load.BUSY);
    }

    /// For VMs whose hosts the file names; where others are to be is known only when they are created.
    private void promise(HostName host, ByteSize size, Text text) {
        long all = promised.merge(host, size.bytes(), Long::sum);
        if (all > machines.getOrDefault(host, Machine.LARGE).memory().bytes()) {
            throw text.wrong(
                    host + " has not the memory for all VMs that may run there.", "Make them smaller, or it larger.");
        }
    }
}
