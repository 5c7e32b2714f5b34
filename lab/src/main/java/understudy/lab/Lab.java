package understudy.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import understudy.api.ApiClient;
import understudy.api.HandOver;
import understudy.lab.LabStatus.AgentState;
import understudy.lab.LabStatus.NodeStatus;
import understudy.model.HostName;
import understudy.model.Problem;

/// A cluster on one machine: hosts, witnesses, networks and a client, made of namespaces, with real faults.
///
/// There is one lab per machine, and it lives on without the process that made it: another one attaches to it.
/// Only sockets cross between nodes. All methods need root; any thread may call them, and a lock lets one
/// process at a time change the lab. A node's network namespace is what says which processes are its own.
public final class Lab {
    /// For a JVM to write what its threads do.
    private static final Duration DUMP_TIME = Duration.ofSeconds(1);
    /// For an agent to end when it is asked to, and then for all else on its host.
    private static final Duration SHUTDOWN_GRACE = Duration.ofSeconds(10);
    /// Below the folder of all nodes: a node's own, and its `log` in there.
    private static final int LOG_DEPTH = 3;

    private final Topology topology;
    private final NetworkFaults networks;

    private Lab(Topology topology) {
        this.topology = topology;
        networks = new NetworkFaults(topology);
    }

    /// Makes the lab, boots all nodes and, if they run agents, waits until the cluster is ready.
    ///
    /// @throws Problem.Refused if a lab (or a part of one) is up already, the machine lacks something, or the
    ///     agents are not ready within a minute; in this last case the lab stays up for a look
    public static Lab up(LabPlan plan, Progress progress) {
        Prerequisites.check();
        Prerequisites.checkDisks();
        try (LabLock _ = LabLock.take()) {
            refuseIfUp();
            LabState state = LabState.of(plan);
            try {
                build(state, plan, progress);
            } catch (RuntimeException e) {
                sweepAfter(e);
                throw e;
            }
        }
        Lab lab = new Lab(plan.topology());
        if (plan.program().answersApi()) {
            new Readiness(progress).await(lab.topology.nodes());
        }
        progress.step("the lab is up: " + lab.names());
        return lab;
    }

    private static void refuseIfUp() {
        if (LabState.exists()) {
            throw Problem.of("lab-is-up", "A lab is up already", "`understudy lab status` shows it, `lab down` ends it")
                    .refused();
        }
        List<String> remains = Sweep.remains();
        if (!remains.isEmpty()) {
            throw Problem.of("lab-remains", "Parts of an earlier lab are left", "Run `understudy lab down`")
                    .because(String.join(", ", remains))
                    .refused();
        }
    }

    private static void build(LabState state, LabPlan plan, Progress progress) {
        Topology topology = state.topology();
        state.save();
        progress.step("laying %d networks".formatted(2 + topology.links().size()));
        new Wiring(topology).lay();
        progress.step("booting " + topology.nodes().stream().map(Node::name).collect(Collectors.joining(", ")));
        LabFolders.write(
                LabFolders.URLS, topology.nodes().stream().map(Node::url).collect(Collectors.joining("\n", "", "\n")));
        for (Node node : topology.nodes()) {
            LabFolders.write(
                    LabFolders.data(node.name()).resolve(AgentConfig.FILE),
                    AgentConfig.of(topology, node, state.cluster(), plan.options())
                            .yaml());
            if (node.role() == Role.HOST) {
                new HostDisk(node.name()).create(plan.disk());
            }
            new Power(state.program()).on(node);
        }
    }

    private static void sweepAfter(RuntimeException failure) {
        try {
            Sweep.everything();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /// The lab that is up.
    ///
    /// @throws Problem.Refused if none is
    public static Lab attach() {
        return new Lab(LabState.load().topology());
    }

    /// Ends the lab and all of its processes and deletes everything that it made, data included. Works also
    /// where no lab is up, or only parts of one are.
    public static void down() {
        Prerequisites.check();
        try (LabLock _ = LabLock.take()) {
            Sweep.everything();
        }
    }

    public Topology topology() {
        return topology;
    }

    /// @throws Problem.Refused if there is no such node
    public Node node(String name) {
        return topology.node(name);
    }

    /// The client's network namespace, to be entered with `setns` or `nsenter --net=`.
    public Path clientNamespace() {
        return Namespace.of(Topology.CLIENT).path();
    }

    /// The network namespace of the LAN's switch, which has a port named after each host: what passes there has
    /// really left that host.
    public Path lanNamespace() {
        return Namespace.LAN.path();
    }

    /// Where a node's agent writes what it logs; what its life before wrote is beside it, with `.1` added.
    public Path agentLog(String name) {
        return LabFolders.agentOutput(topology.node(name).name());
    }

    /// Copies what all agents and QEMUs have logged, so that it outlives the lab, and what the agents' threads are
    /// doing
    /// now.
    ///
    /// @param folder is made; the files in it are named by node
    public static void keepLogs(Path folder) {
        if (LabState.exists()) {
            attach().dumpThreads();
        }
        try (Stream<Path> files = Files.walk(LabFolders.DATA, LOG_DEPTH)) {
            Files.createDirectories(folder);
            for (Path log : files.filter(Lab::isLog).toList()) {
                String name = LabFolders.DATA.relativize(log).toString().replace('/', '-');
                Files.copy(log, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (UncheckedIOException e) {
            throw Shell.failure("keep the logs in " + folder, new IOException(e));
        } catch (IOException e) {
            throw Shell.failure("keep the logs in " + folder, e);
        }
    }

    /// A JVM writes its threads' stacks to its output when it gets this signal, and goes on.
    private void dumpThreads() {
        for (Node node : topology.nodes()) {
            LabProcess.firstOf(node.namespace())
                    .flatMap(first -> Supervisor.of(first).agent(node.namespace()))
                    .ifPresent(agent -> agent.signal("QUIT"));
        }
        LockSupport.parkNanos(DUMP_TIME.toNanos());
    }

    private static boolean isLog(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith("agent.out") || name.endsWith(".log");
    }

    /// The bases of the nodes' REST APIs, hosts first.
    public List<String> urls() {
        return topology.nodes().stream().map(Node::url).toList();
    }

    /// Takes the power from a host: all its links fall silent at one moment, then its disk ends and all its
    /// processes are killed. What was in its memory is gone, and what its disk had not been told to sync; the
    /// rest of its disk, and its data folder, stay.
    public void breakHost(String host) {
        powerOff(List.of(topology.node(host, Role.HOST)));
    }

    public void repairHost(String host) {
        powerOn(topology.node(host, Role.HOST), false);
    }

    /// As [#breakHost], for a witness.
    public void breakWitness(String witness) {
        powerOff(List.of(topology.node(witness, Role.WITNESS)));
    }

    public void repairWitness(String witness) {
        powerOn(topology.node(witness, Role.WITNESS), false);
    }

    /// Boots a node that lost its power with a new system disk: all that its agent kept is gone, but for its
    /// configuration. A host's disk for volumes stays.
    ///
    /// @throws Problem.Refused if it has power
    public void reinstall(String name) {
        Node node = topology.node(name);
        if (!LabState.load().has(new Fault.PowerLoss(name))) {
            throw Problem.of(
                            "has-power",
                            name + " has power: its system disk cannot be replaced now.",
                            "Take its power first: understudy lab break %s %s"
                                    .formatted(node.role() == Role.HOST ? "host" : "witness", name))
                    .refused();
        }
        powerOn(node, true);
    }

    /// Takes the power from all nodes of a site, hosts and witnesses, at one moment.
    public void breakSite(String site) {
        powerOff(topology.nodesAt(site));
    }

    public void repairSite(String site) {
        topology.nodesAt(site).forEach(node -> powerOn(node, false));
    }

    private void powerOff(List<Node> nodes) {
        try (LabLock _ = LabLock.take()) {
            noteNoPower(nodes);
            Power.off(nodes, topology);
        }
    }

    private static void noteNoPower(List<Node> nodes) {
        LabState state = LabState.load();
        for (Node node : nodes) {
            state = state.without(new Fault.AgentDown(node.name()))
                    .without(new Fault.BadDisk(node.name(), DiskFault.ERROR))
                    .without(new Fault.BadDisk(node.name(), DiskFault.HANG))
                    .with(new Fault.PowerLoss(node.name()));
        }
        state.save();
    }

    /// Shuts a host down as an administrator does: its VMs are moved away if they can be, then its agent and all
    /// else of it are asked to end (SIGTERM), and what does not is killed. [#repairHost] boots it again.
    ///
    /// @param force whether to do so also where the host has what nobody else has, as an operating system does for
    ///     those who insist
    /// @return what was moved and what was not
    /// @throws Problem.Refused if it has no power, or has the last copy of something and is not forced
    public HandOver.Report shutdownHost(String host, boolean force, Progress progress) {
        Node node = topology.node(host, Role.HOST);
        supervisor(node);
        HandOver.Report report = HandOver.Report.NOTHING;
        if (LabState.load().program().answersApi()) {
            try (ApiClient api = LabVm.api(this)) {
                if (!force) {
                    checkLastCopies(api, new HostName(host));
                }
                report = HandOver.of(api, new HostName(host), progress::step);
                // That takes minutes, and a disk can fail meanwhile.
                if (!force) {
                    checkLastCopies(api, new HostName(host));
                }
            }
        }
        progress.step(host + " shuts down");
        try (LabLock _ = LabLock.take()) {
            noteNoPower(List.of(node));
            Power.shutDown(node, topology, SHUTDOWN_GRACE);
        }
        return report;
    }

    private static void checkLastCopies(ApiClient api, HostName host) {
        List<String> copies = api.hosts().stream()
                .filter(it -> it.name().equals(host))
                .flatMap(it -> it.lastCopies().stream())
                .toList();
        if (!copies.isEmpty()) {
            throw Problem.of(
                            "last-copy",
                            host + " is not shut down: " + String.join("; ", copies) + ".",
                            "Wait until the other host has caught up, or say --force.")
                    .with("host", host)
                    .refused();
        }
    }

    private void powerOn(Node node, boolean isNew) {
        try (LabLock _ = LabLock.take()) {
            LabState state = LabState.load();
            if (!state.has(new Fault.PowerLoss(node.name()))) {
                return;
            }
            Power.kill(node.namespace());
            new Wiring(topology).renew(node);
            LabState repaired = state.without(new Fault.PowerLoss(node.name()));
            for (Fault fault : repaired.faults()) {
                if (fault instanceof Fault.OfNetwork network) {
                    networks.lay(network);
                }
            }
            if (isNew) {
                LabFolders.empty(LabFolders.data(node.name()), AgentConfig.FILE);
            }
            new Power(state.program()).on(node);
            repaired.save();
        }
    }

    /// Lets a host's disk fail, until [#repairDisk]; a loss of the host's power ends an error or a hang, too.
    ///
    /// @param how not [DiskFault#CORRUPT], which is [#corruptDisk]
    /// @throws Problem.Refused if it fails already, or the host has no power
    public void breakDisk(String host, DiskFault how) {
        Node node = topology.node(host, Role.HOST);
        try (LabLock _ = LabLock.take()) {
            LabProcess first = supervisor(node).first();
            LabState before = sound(host);
            before.with(new Fault.BadDisk(host, how)).save();
            try {
                new HostDisk(host).fail(how, first);
            } catch (RuntimeException e) {
                before.save();
                throw e;
            }
        }
    }

    /// The lab as it is, in which this host's disk works.
    private static LabState sound(String host) {
        LabState state = LabState.load();
        state.diskFault(host).ifPresent(fault -> {
            throw Problem.of(
                            "disk-is-broken",
                            "The disk of %s fails already: %s".formatted(host, fault.word()),
                            "`understudy lab repair disk %s --how back`".formatted(host))
                    .refused();
        });
        return state;
    }

    /// Flips one bit in each of `blocks` blocks of 4 KiB, chosen among all that files on a host's disk were
    /// written to; metadata of replicas and of the file system are spared. Nobody is told.
    ///
    /// @param seed decides which
    /// @throws Problem.Refused if there is nothing to corrupt, or the disk fails
    public List<BitFlip> corruptDisk(String host, int blocks, long seed) {
        Node node = topology.node(host, Role.HOST);
        try (LabLock _ = LabLock.take()) {
            sound(host);
            return new HostDisk(host).corrupt(supervisor(node).first(), blocks, seed);
        }
    }

    public void repairDisk(String host, DiskRepair how) {
        Node node = topology.node(host, Role.HOST);
        try (LabLock _ = LabLock.take()) {
            Optional<DiskFault> fault = LabState.load().diskFault(host);
            new HostDisk(host).repair(how, fault, supervisor(node).first());
            fault.ifPresent(mended ->
                    LabState.load().without(new Fault.BadDisk(host, mended)).save());
        }
    }

    /// Kills the agent alone (SIGKILL). What it started lives on.
    ///
    /// @param stayDead keep its supervisor from starting it again at once, until [#repairAgent]
    public void breakAgent(String name, boolean stayDead) {
        Node node = topology.node(name);
        try (LabLock _ = LabLock.take()) {
            Supervisor supervisor = supervisor(node);
            if (stayDead) {
                supervisor.keepAgentDead();
                LabState.load().with(new Fault.AgentDown(name)).save();
            }
            supervisor.agent(node.namespace()).ifPresent(agent -> agent.signal("KILL"));
        }
    }

    /// Kills several agents alone at one moment (SIGKILL); they are started again at once.
    public void breakAgents(List<String> names) {
        List<Node> nodes = names.stream().map(topology::node).toList();
        try (LabLock _ = LabLock.take()) {
            LabProcess.killAll(nodes.stream()
                    .flatMap(node -> supervisor(node).agent(node.namespace()).stream())
                    .toList());
        }
    }

    /// Kills a host's agent and all of its QEMUs at one moment (SIGKILL), while the host and its links stay up:
    /// its kernel closes their connections, and its supervisor starts the agent again at once.
    public void killProcesses(String host) {
        Node node = topology.node(host, Role.HOST);
        try (LabLock _ = LabLock.take()) {
            supervisor(node).killWorkers(node.namespace());
        }
    }

    public void repairAgent(String name) {
        Node node = topology.node(name);
        try (LabLock _ = LabLock.take()) {
            supervisor(node).letAgentLive();
            LabState.load().without(new Fault.AgentDown(name)).save();
        }
    }

    /// Stops the agent (SIGSTOP): it is there and does nothing.
    public void pauseAgent(String name) {
        agent(topology.node(name)).signal("STOP");
    }

    public void resumeAgent(String name) {
        agent(topology.node(name)).signal("CONT");
    }

    /// Silences all links from one node to another: nothing arrives, nobody is told.
    public void silenceLink(String from, String to) {
        breakNetwork(new Fault.Silence(from, to));
    }

    public void repairLink(String from, String to) {
        repairNetwork(new Fault.Silence(from, to));
    }

    /// Silences all links between two nodes, both ways.
    public void breakLink(String one, String other) {
        silenceLink(one, other);
        silenceLink(other, one);
    }

    /// @param index which of the peer links between the two, from 0
    public void breakPeerLink(String one, String other, int index) {
        breakNetwork(ordered(one, other, index));
    }

    public void repairPeerLink(String one, String other, int index) {
        repairNetwork(ordered(one, other, index));
    }

    /// The same cable, whichever end is named first.
    private Fault.DeadLink ordered(String one, String other, int index) {
        PeerLink link = topology.link(one, other, index);
        return new Fault.DeadLink(link.left(), link.right(), index);
    }

    /// Parts a host's bridge from the LAN.
    ///
    /// @param isSilent let the host's network card say that all is well; else it says that it is unplugged
    public void breakUplink(String host, boolean isSilent) {
        breakNetwork(new Fault.DeadUplink(host, isSilent));
    }

    public void repairUplink(String host) {
        repairNetwork(new Fault.DeadUplink(host, true));
        repairNetwork(new Fault.DeadUplink(host, false));
    }

    /// Lets the LAN's switch pass nothing on.
    public void breakSwitch() {
        breakNetwork(new Fault.DeadSwitch());
    }

    public void repairSwitch() {
        repairNetwork(new Fault.DeadSwitch());
    }

    private void breakNetwork(Fault.OfNetwork fault) {
        networks.check(fault);
        try (LabLock _ = LabLock.take()) {
            LabState.load().with(fault).save();
            networks.lay(fault);
        }
    }

    private void repairNetwork(Fault.OfNetwork fault) {
        networks.check(fault);
        try (LabLock _ = LabLock.take()) {
            networks.lift(fault);
            LabState.load().without(fault).save();
        }
    }

    /// The command line that runs `command` in a node, or in the client's network namespace for `client`.
    public List<String> inside(String name, List<String> command) {
        List<String> whole = new ArrayList<>();
        if (name.equals(Topology.CLIENT)) {
            whole.addAll(List.of("nsenter", "--net=" + clientNamespace()));
        } else {
            long pid = supervisor(topology.node(name)).first().pid();
            String target = "--target=" + pid;
            whole.addAll(ControlGroup.joining(name));
            whole.addAll(List.of("nsenter", target, "--mount", "--net", "--pid", "--ipc", "--uts", "--root", "--wd=/"));
        }
        whole.addAll(command);
        return whole;
    }

    public LabStatus status() {
        LabState state = LabState.load();
        List<NodeStatus> nodes = topology.nodes().stream().map(this::status).toList();
        String url = nodes.stream()
                .filter(NodeStatus::power)
                .map(NodeStatus::url)
                .findFirst()
                .orElse(urls().getFirst());
        return new LabStatus(url, urls(), state.cluster(), clientNamespace().toString(), nodes, state.faults());
    }

    private NodeStatus status(Node node) {
        Optional<LabProcess> first = LabProcess.firstOf(node.namespace());
        Optional<LabProcess> agent = first.map(Supervisor::of).flatMap(up -> up.agent(node.namespace()));
        return new NodeStatus(
                node.name(),
                node.role(),
                topology.siteOf(node),
                first.isPresent(),
                agent.map(one -> one.isStopped() ? AgentState.PAUSED : AgentState.RUNNING)
                        .orElse(AgentState.DEAD),
                first.map(one -> OptionalLong.of(one.pid())).orElse(OptionalLong.empty()),
                agent.map(one -> OptionalLong.of(one.pid())).orElse(OptionalLong.empty()),
                node.url(),
                node.namespace().path().toString(),
                LabFolders.data(node.name()).toString(),
                topology.linksOf(node.name()).stream()
                        .map(link -> link.addressOf(node.name()))
                        .toList());
    }

    private Supervisor supervisor(Node node) {
        return LabProcess.firstOf(node.namespace())
                .map(Supervisor::of)
                .orElseThrow(() -> Problem.of(
                                "no-power",
                                "%s has no power".formatted(node.name()),
                                "`understudy lab repair %s %s`"
                                        .formatted(node.role().word(), node.name()))
                        .refused());
    }

    private LabProcess agent(Node node) {
        return supervisor(node)
                .agent(node.namespace())
                .orElseThrow(() -> Problem.of(
                                "agent-dead",
                                "The agent of %s is dead".formatted(node.name()),
                                "`understudy lab repair agent %s`".formatted(node.name()))
                        .refused());
    }

    private String names() {
        return topology.nodes().stream().map(Node::name).collect(Collectors.joining(", ")) + " and the client";
    }
}
