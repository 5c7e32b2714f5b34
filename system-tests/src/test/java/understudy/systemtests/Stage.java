package understudy.systemtests;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import understudy.api.ApiClient;
import understudy.api.Disk;
import understudy.api.Event;
import understudy.api.Nic;
import understudy.api.VmRequest;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.lab.AgentOptions;
import understudy.lab.GuestBuild;
import understudy.lab.Installation;
import understudy.lab.Lab;
import understudy.lab.LabGuest;
import understudy.lab.LabPlan;
import understudy.lab.LabStatus;
import understudy.lab.LabVm;
import understudy.lab.NodeProgram;
import understudy.lab.Progress;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;
import understudy.model.Problem;
import understudy.model.VmName;

/// The lab that all system tests play in, one after the other: two hosts or more, a witness, a client, and one
/// protected VM that goes from fault to fault. Agents compare all of a guest's RAM with its image every 25
/// epochs.
final class Stage implements AutoCloseable {
    static final ByteSize HOST_MEMORY = ByteSize.ofMebibytes(1024);
    static final ByteSize GUEST_MEMORY = ByteSize.ofMebibytes(128);
    private static final ByteSize SMALL_DISK = ByteSize.ofMebibytes(32);
    private static final ByteSize WATCHED_GUEST_MEMORY = ByteSize.ofMebibytes(192);
    private static final ByteSize APPLICATIONS_MEMORY = ByteSize.ofMebibytes(448);
    private static final int EVENTS = 1000;
    private static final int VERIFY_EVERY = 25;

    /// Longer than usual, because a machine that builds and tests stands still for longer than hosts do.
    private static final Duration LOSE_AFTER = Duration.ofMillis(500);
    /// As short as it may be.
    private static final int PAIR_AFTER_SECONDS = 10;

    private static final Path DATA = Path.of("/var/lib/understudy-lab");

    private final Lab lab;
    private final LabGuest guest;
    private final int hosts;
    private final int witnesses;
    private final Map<String, ApiClient> apis = new ConcurrentHashMap<>();
    private Optional<Vm> usual = Optional.empty();
    private Optional<DiskGuest> disks = Optional.empty();

    private Stage(Lab lab, LabGuest guest, int hosts, int witnesses) {
        this.lab = lab;
        this.guest = guest;
        this.hosts = hosts;
        this.witnesses = witnesses;
    }

    static Stage set(int hosts, int witnesses) {
        Lab.down();
        Progress progress = new Progress(System.out);
        LabGuest guest = new GuestBuild(Installation.cacheFolder(), progress).guest();
        AgentOptions options = AgentOptions.NONE
                .withVerifyEvery(VERIFY_EVERY)
                .withLoseAfter(LOSE_AFTER)
                .withPairAfter(PAIR_AFTER_SECONDS)
                .withMemory(HOST_MEMORY);
        LabPlan plan = new LabPlan(hosts, witnesses, NodeProgram.agent(Installation.find()));
        return new Stage(Lab.up(plan.with(options), progress), guest, hosts, witnesses);
    }

    int hosts() {
        return hosts;
    }

    int witnesses() {
        return witnesses;
    }

    Lab lab() {
        return lab;
    }

    LabGuest guest() {
        return guest;
    }

    /// One agent's API, which knows what that agent knows.
    ApiClient api(String node) {
        return apis.computeIfAbsent(
                node, name -> new ApiClient(List.of(URI.create(lab.node(name).url()))));
    }

    /// Any agent's.
    ApiClient api() {
        return apis.computeIfAbsent("any", _ -> LabVm.api(lab));
    }

    Node node(String name) {
        return new Node(lab, name);
    }

    /// The other one of the two hosts.
    static String otherThan(String host) {
        return host.equals("h1") ? "h2" : "h1";
    }

    /// The VM that lives through all tests, protected.
    Vm vm() {
        if (usual.isEmpty()) {
            usual = Optional.of(create("usual", 10, List.of("h1", "h2")));
        }
        usual.get().awaitProtected();
        return usual.get();
    }

    /// The guest that works on disks through all tests of these, with both replicas of all of them in sync.
    DiskGuest disks() {
        return disks(Level.COMPONENT);
    }

    /// The same at a level; a guest at another one ends.
    DiskGuest disks(Level level) {
        if (disks.filter(guest -> guest.level() != level).isPresent()) {
            endDisks();
        }
        if (disks.isEmpty()) {
            LabGuest tools = new GuestBuild(Installation.cacheFolder(), new Progress(System.out)).guestWithTools();
            LabVm.Wish wish = new LabVm.Wish(
                    "disks",
                    "10.77.0.30",
                    DiskGuest.MEMORY,
                    1,
                    Policy.BALANCED,
                    List.of(DiskGuest.ACTIVE, otherThan(DiskGuest.ACTIVE)),
                    DiskGuest.SIZES);
            LabVm.create(api(), tools, wish.at(level));
            disks = Optional.of(new DiskGuest(this, new Vm(this, wish.name(), wish.address()), level));
            disks.get().begin();
        }
        disks.get().awaitWhole();
        return disks.get();
    }

    /// Its work would burden all later tests.
    void endDisks() {
        disks.ifPresent(guest -> guest.vm().close());
        disks = Optional.empty();
    }

    /// Another one, on hosts that the cluster chooses; to be deleted by who made it.
    ///
    /// @param number the last part of its address
    Vm create(String name, int number) {
        return create(name, number, List.of());
    }

    /// Another one, to be deleted by who made it.
    ///
    /// @param number the last part of its address
    Vm create(String name, int number, List<String> hosts) {
        return create(name, number, hosts, Care.DEFAULT);
    }

    Vm create(String name, int number, List<String> hosts, Care care) {
        return create(name, number, hosts, care, guest, GUEST_MEMORY);
    }

    /// One with the driver of a watchdog.
    Vm createWatched(String name, int number, List<String> hosts, Care care) {
        LabGuest watched = new GuestBuild(Installation.cacheFolder(), new Progress(System.out)).guestWithWatchdog();
        return create(name, number, hosts, care, watched, WATCHED_GUEST_MEMORY);
    }

    /// One with programs that others wrote.
    Vm createWithApplications(String name, int number, List<String> hosts) {
        LabGuest able = new GuestBuild(Installation.cacheFolder(), new Progress(System.out)).guestWithApplications();
        return create(name, number, hosts, Care.DEFAULT, able, APPLICATIONS_MEMORY);
    }

    Vm createWithTwoProcessors(String name, int number, List<String> hosts) {
        return create(new LabVm.Wish(name, "10.77.0." + number, GUEST_MEMORY, 2, Policy.BALANCED, hosts), guest);
    }

    /// One that has drivers for emulated devices only.
    Vm createWithoutVirtio(LabVm.Wish wish) {
        return create(wish, new GuestBuild(Installation.cacheFolder(), new Progress(System.out)).guestWithoutVirtio());
    }

    private Vm create(String name, int number, List<String> hosts, Care care, LabGuest from, ByteSize memory) {
        LabVm.Wish like = LabVm.Wish.usual(name);
        return create(new LabVm.Wish(name, "10.77.0." + number, memory, 1, like.policy(), hosts).with(care), from);
    }

    private Vm create(LabVm.Wish wish, LabGuest from) {
        LabVm.create(api(), from, wish);
        Vm vm = new Vm(this, wish.name(), wish.address());
        vm.await("to run", v -> v.state() == VmState.RUNNING);
        return vm;
    }

    /// One with a disk of its own, which boots on its first host and could on its other; to be deleted by who made it.
    ///
    /// @param number the last part of its address
    Vm createWithDisk(String name, int number, Level level, List<String> hosts) {
        String address = "10.77.0." + number;
        api().create(new VmRequest(
                new VmName(name),
                level,
                Policy.BALANCED,
                GUEST_MEMORY,
                1,
                List.of(new Nic(Optional.empty())),
                List.of(new Disk(Optional.of(SMALL_DISK), Optional.empty())),
                Optional.of(api().upload(guest.kernel(), _ -> {})),
                Optional.of(api().upload(guest.initrd(), _ -> {})),
                LabGuest.commandLine(address + "/24"),
                hosts.stream().map(HostName::new).toList(),
                false,
                Optional.empty(),
                Optional.empty()));
        Vm vm = new Vm(this, name, address);
        vm.await("to run", v -> v.state() == VmState.RUNNING);
        vm.shell("echo there");
        vm.awaitProtected();
        return vm;
    }

    /// All that happened to a VM, as the witness was told, oldest first.
    List<Event> eventsOf(Vm vm) {
        List<Event> all = new ArrayList<>();
        List<Event> page = api("w1").events(0, EVENTS);
        while (!page.isEmpty()) {
            page.stream()
                    .filter(event -> event.vm().equals(Optional.of(vm.id())))
                    .forEach(all::add);
            page = api("w1").events(page.getLast().sequence(), EVENTS);
        }
        return all;
    }

    /// What must hold after every test: nothing is broken, and no page of any standby ever differed.
    void check() throws IOException {
        if (!lab.status().faults().isEmpty()) {
            throw new AssertionError("left broken: " + lab.status().faults());
        }
        for (VmStatus vm : api().vms()) {
            if (vm.checkpoints().filter(c -> c.verifyFailures() > 0).isPresent()) {
                throw new AssertionError("pages differ: " + vm);
            }
        }
        for (Path log : agentOutputs()) {
            List<String> bad = Files.readAllLines(log).stream()
                    .filter(line -> line.contains("VERIFY FAILED") || line.contains("Exception in thread"))
                    .toList();
            if (!bad.isEmpty()) {
                throw new AssertionError(log + ": " + bad);
            }
        }
    }

    /// Keeps what tells why a test failed, before the lab goes.
    void keepEvidence(Path folder) {
        try {
            Lab.keepLogs(folder);
            List<String> states = new ArrayList<>();
            lab.status().nodes().stream()
                    .map(LabStatus.NodeStatus::name)
                    .filter(node -> !node.equals("client"))
                    .forEach(node -> states.add(node + " says " + known(node)));
            states.add("faults " + lab.status().faults());
            Files.write(folder.resolve("states"), states);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String known(String node) {
        try {
            ApiClient impatient = api(node);
            return impatient.vms() + "\n"
                    + String.join(
                            "\n",
                            impatient.events(0, 1000).stream()
                                    .map(Object::toString)
                                    .toList());
        } catch (Problem.Refused e) {
            return e.problem().toString();
        }
    }

    private static List<Path> agentOutputs() throws IOException {
        try (Stream<Path> files = Files.walk(DATA, 2)) {
            return files.filter(file -> file.getFileName().toString().startsWith("agent.out"))
                    .sorted()
                    .toList();
        }
    }

    /// Polls until it holds; says what did not come to hold.
    static void eventually(String what, Duration limit, Callable<Boolean> condition) {
        await(what)
                .atMost(limit)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptionsMatching(e -> e instanceof Problem.Refused || e instanceof IOException)
                .until(condition);
    }

    /// Looks again and again for so long.
    static void during(Duration time, Runnable assertions) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            assertions.run();
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    @Override
    public void close() {
        apis.values().forEach(ApiClient::close);
        Lab.down();
    }
}
