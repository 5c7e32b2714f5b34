package understudy.simulator.scenario;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.RestartLimit;
import understudy.model.VmName;
import understudy.model.VmSpec;
import understudy.simulator.ClusterPlan;
import understudy.simulator.ClusterPlan.Load;
import understudy.simulator.ClusterPlan.VmPlan;

/// All that has a name in a scenario, in the order in which the file names it.
final class Cast {
    private static final int HOSTS_MAX = 64;
    private static final int WITNESSES_MAX = 7;
    private static final int VMS_MAX = 2_000;
    private static final int DISKS_MAX = 8;

    private final List<HostName> hosts = new ArrayList<>();
    private final List<HostName> witnesses = new ArrayList<>();
    private final Map<HostName, ByteSize> memory = new TreeMap<>();
    private final SortedMap<String, List<HostName>> sites = new TreeMap<>();
    private final Map<String, VmSpec> vms = new TreeMap<>();

    void host(Document.Node node, int line) {
        HostName name = add(node, line, hosts, HOSTS_MAX);
        node.memory().ifPresent(text -> memory.put(name, text.size()));
    }

    void witness(Document.Node node, int line) {
        node.memory().ifPresent(text -> {
            throw text.wrong("A witness has no memory for VMs.", "Leave it out.");
        });
        add(node, line, witnesses, WITNESSES_MAX);
    }

    private HostName add(Document.Node node, int line, List<HostName> to, int max) {
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
        return name;
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

    HostName host(Text text) {
        return find(text, hosts, "host");
    }

    HostName node(Text text) {
        List<HostName> nodes = new ArrayList<>(hosts);
        nodes.addAll(witnesses);
        return find(text, nodes, "host or witness");
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
        List<HostName> pair = vm.hosts().isEmpty()
                ? placed(size, text)
                : vm.hosts().stream().map(this::host).toList();
        VmSpec spec = text.as(
                _ -> ClusterPlan.spec(vms.size() + 1, name, level, size, disks, pair)
                        .with(care(vm)),
                "Write what a VM can be.");
        vms.put(name.value(), spec);
        pair.forEach(it -> checkMemory(it, vm.memory().orElse(text)));
        return new VmPlan(spec, vm.start().map(Text::truth).orElse(true), load(vm));
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

    /// The two with most memory left. The product looks at processors, sites and rules, too.
    private List<HostName> placed(ByteSize size, Text text) {
        List<HostName> able = hosts.stream()
                .filter(it -> left(it) >= size.bytes())
                .sorted(Comparator.comparingLong((HostName it) -> -left(it)).thenComparing(it -> it))
                .toList();
        if (able.size() < 2) {
            throw text.wrong(
                    "There are no two hosts with " + size + " of memory left for " + text.value() + ".",
                    "Write hosts: [" + hosts.getFirst() + "] for a VM of one host, or more memory.");
        }
        return able.subList(0, 2);
    }

    private void checkMemory(HostName host, Text text) {
        if (left(host) < 0) {
            throw text.wrong(
                    host + " has not the memory for all VMs that may run there.", "Make them smaller, or it larger.");
        }
    }

    private long left(HostName host) {
        long promised = vms.values().stream()
                .filter(it -> it.hosts().contains(host))
                .mapToLong(it -> it.memory().bytes())
                .sum();
        return Optional.ofNullable(memory.get(host)).map(ByteSize::bytes).orElse(1L << 50) - promised;
    }
}
