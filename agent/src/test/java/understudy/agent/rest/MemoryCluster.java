package understudy.agent.rest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import understudy.api.Checkpoints;
import understudy.api.ClusterStatus;
import understudy.api.Event;
import understudy.api.ForceStartPlan;
import understudy.api.HostState;
import understudy.api.HostStatus;
import understudy.api.Resync;
import understudy.api.ResyncTerms;
import understudy.api.RuleStatus;
import understudy.api.Scrub;
import understudy.api.VmRequest;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.api.VolumePieces;
import understudy.api.VolumeState;
import understudy.api.VolumeStatus;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord.Role;
import understudy.model.Level;
import understudy.model.MacAddress;
import understudy.model.PlacementRule;
import understudy.model.Problem;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;

/// A cluster of two hosts and a witness that keeps its VMs in a map and runs none: it obeys the contract of
/// [Control], and nothing is behind it. A VM that is to run goes one step further every time that somebody
/// looks at it: starting, running, half copied, protected.
public final class MemoryCluster implements Control {
    public static final Instant EPOCH = Instant.parse("2026-11-22T16:00:00Z");
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final HostName W1 = new HostName("w1");

    /// The one volume that there is.
    private static final VolumeStatus VOLUME = new VolumeStatus(
            new VmName("db-1"),
            "disk0",
            new VolumeId(new UUID(7, 7)),
            ByteSize.parse("1G"),
            VolumeState.RESYNCING,
            List.of(new VolumeReplica(H1, new UUID(7, 1), true), new VolumeReplica(H2, new UUID(7, 2), false)),
            "h2 was lost",
            Optional.of(0.25),
            Optional.of(new Resync(
                    false,
                    Optional.empty(),
                    Optional.of(H2),
                    true,
                    ByteSize.parse("768M"),
                    ByteSize.parse("256M"),
                    64 << 20,
                    Optional.of(12L))),
            Optional.empty());

    /// What that holds: the second megabyte, and a byte near the end.
    private static final byte[] CONTENT = new byte[1 << 20];

    static {
        Arrays.fill(CONTENT, (byte) 'x');
    }

    private final Map<VmName, VmStatus> vms = new TreeMap<>();
    private final Set<HostName> maintained = new HashSet<>();
    private final SortedSet<PlacementRule> rules = new TreeSet<>();
    private final List<Event> events = new ArrayList<>();
    private final List<Consumer<Event>> followers = new ArrayList<>();
    private final Set<String> files = new HashSet<>();
    private int stores;
    private boolean quorum = true;
    private boolean stuck;
    private boolean broken;
    private boolean started;
    private long unmended;
    private Resync resync = VOLUME.resync().orElseThrow();
    private Optional<Scrub> scrub = Optional.empty();

    /// Whether a ledger majority answers.
    public synchronized void quorum(boolean there) {
        quorum = there;
    }

    /// Whether VMs that are to be protected stay half copied.
    public synchronized void stuck(boolean forEver) {
        stuck = forEver;
    }

    /// How often a file was sent.
    public synchronized int stores() {
        return stores;
    }

    public synchronized int followers() {
        return followers.size();
    }

    /// Something happens.
    public synchronized void happen(String kind, Event.Severity severity, String text) {
        long sequence = events.size() + 1L;
        Event event = new Event(sequence, EPOCH.plusSeconds(sequence), H1, Optional.empty(), kind, severity, text);
        events.add(event);
        followers.forEach(follower -> follower.accept(event));
    }

    @Override
    public synchronized List<VmStatus> vms() {
        return List.copyOf(vms.values());
    }

    @Override
    public synchronized VmStatus vm(VmName name) {
        VmStatus seen = existing(name);
        vms.put(name, furtherOn(seen));
        return seen;
    }

    @Override
    public synchronized VmStatus create(VmRequest request) {
        requireQuorum();
        if (request.level() != Level.SYSTEM) {
            throw Problem.of("not-yet", "level " + request.level() + " is not there yet", "use --level system")
                    .refused();
        }
        if (vms.containsKey(request.name())) {
            throw Problem.of("vm-name-taken", "there is a VM " + request.name() + " already", "choose another name")
                    .refused();
        }
        request.kernel().ifPresent(this::requireFile);
        request.initrd().ifPresent(this::requireFile);
        VmStatus vm = defined(request);
        vms.put(request.name(), vm);
        return vm;
    }

    private void requireFile(String sha256) {
        if (!files.contains(sha256)) {
            throw Problem.of("no-such-file", "no file " + sha256, "upload it").refused();
        }
    }

    private static VmStatus defined(VmRequest request) {
        List<MacAddress> nics = request.nics().stream()
                .map(nic -> nic.mac().orElse(new MacAddress("52:54:00:00:00:01")))
                .toList();
        return new VmStatus(
                request.name(),
                new VmId(UUID.nameUUIDFromBytes(request.name().value().getBytes(StandardCharsets.UTF_8))),
                request.level(),
                request.policy(),
                request.stopped() ? VmState.STOPPED : VmState.STARTING,
                false,
                Optional.empty(),
                Optional.empty(),
                1,
                request.memory(),
                request.cpus(),
                nics,
                List.of(),
                request.hosts().isEmpty() ? List.of(H1, H2) : request.hosts(),
                request.machine().orElse("pc-q35-7.2"),
                request.cpu().orElse("qemu64"),
                !request.stopped(),
                request.stopped() ? "it is stopped" : "it is starting",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                request.care(),
                request.hardware());
    }

    private VmStatus furtherOn(VmStatus vm) {
        if (vm.state() == VmState.STARTING) {
            return changed(vm, VmState.RUNNING, false, vm.hosts().subList(0, 1), Optional.of(0.5));
        }
        if (vm.state() == VmState.RUNNING && vm.hosts().size() == 2 && !vm.isProtected() && !stuck) {
            return changed(vm, VmState.RUNNING, true, vm.hosts(), Optional.empty());
        }
        return vm;
    }

    private static List<HostName> pair(VmStatus vm) {
        return Stream.concat(vm.active().stream(), vm.standby().stream()).toList();
    }

    private static VmStatus changed(
            VmStatus vm, VmState state, boolean isProtected, List<HostName> pair, Optional<Double> progress) {
        return changed(vm, vm.level(), state, isProtected, pair, progress);
    }

    private static VmStatus changed(
            VmStatus vm,
            Level level,
            VmState state,
            boolean isProtected,
            List<HostName> pair,
            Optional<Double> progress) {
        String reason = isProtected ? "" : state == VmState.STOPPED ? "it is stopped" : "its RAM is being copied";
        Optional<Checkpoints> checkpoints = isProtected
                ? Optional.of(new Checkpoints(4711, 120.5, 1.44, 3.2, 0.214, 56, 80_384, 2.5, 0, 0, 6700, 12))
                : Optional.empty();
        return new VmStatus(
                vm.name(),
                vm.id(),
                level,
                vm.policy(),
                state,
                isProtected,
                pair.stream().findFirst(),
                pair.stream().skip(1).findFirst(),
                vm.view() + 1,
                vm.memory(),
                vm.cpus(),
                vm.nics(),
                vm.disks(),
                vm.hosts(),
                vm.machine(),
                vm.cpu(),
                state != VmState.STOPPED,
                reason,
                Optional.empty(),
                progress,
                checkpoints,
                vm.care(),
                vm.hardware());
    }

    @Override
    public synchronized VmStatus start(VmName name) {
        return change(name, vm -> vm.wanted() ? vm : changed(vm, VmState.STARTING, false, List.of(), Optional.empty()));
    }

    @Override
    public synchronized VmStatus stop(VmName name, boolean force) {
        return change(name, vm -> changed(vm, VmState.STOPPED, false, List.of(), Optional.empty()));
    }

    @Override
    public synchronized VmStatus switchover(VmName name, Optional<HostName> from, Optional<HostName> to) {
        VmStatus vm = existing(name);
        if (from.isPresent() && !vm.active().equals(from)) {
            return vm;
        }
        if (!vm.isProtected()) {
            throw Problem.of("not-protected", name + " has no standby", "wait until it is protected")
                    .because(vm.reason())
                    .refused();
        }
        List<HostName> swapped =
                List.of(to.or(vm::standby).orElseThrow(), vm.active().orElseThrow());
        return change(name, v -> changed(v, VmState.RUNNING, true, swapped, Optional.empty()));
    }

    @Override
    public synchronized VmStatus stay(VmName name) {
        return existing(name);
    }

    @Override
    public synchronized VmStatus protect(VmName name, Level level) {
        return change(name, vm -> changed(vm, level, vm.state(), false, pair(vm), Optional.empty()));
    }

    @Override
    public synchronized ForceStartPlan forceStartPlan(VmName name, Optional<HostName> host) {
        VmStatus vm = existing(name);
        if (vm.state() == VmState.RUNNING) {
            throw Problem.of("vm-runs", "h1 runs " + name, "A VM that runs needs no forced start.")
                    .refused();
        }
        return new ForceStartPlan(
                name,
                host.orElse(new HostName("h2")),
                vm.view(),
                List.of(new ForceStartPlan.DiskCopy("disk0", 3, Optional.of(Instant.EPOCH))),
                List.of("h1 does not answer.", "What was written after view 3 is lost."));
    }

    @Override
    public synchronized VmStatus forceStart(VmName name, HostName host, long view, String confirm, String by) {
        if (existing(name).view() != view) {
            throw Problem.of("view-changed", "it is in another view", "look again")
                    .refused();
        }
        if (!confirm.equals(name.value())) {
            throw Problem.of("not-confirmed", "it is not confirmed", "confirm it")
                    .refused();
        }
        return change(
                name, vm -> changed(vm, VmState.RUNNING, true, List.of(host, new HostName("h1")), Optional.empty()));
    }

    @Override
    public synchronized VmStatus delete(VmName name) {
        if (existing(name).state() != VmState.STOPPED) {
            throw Problem.of("vm-runs", name + " is not stopped", "stop it first: understudy vm stop " + name)
                    .refused();
        }
        return Optional.ofNullable(vms.remove(name)).orElseThrow();
    }

    private VmStatus change(VmName name, UnaryOperator<VmStatus> change) {
        requireQuorum();
        VmStatus next = change.apply(existing(name));
        vms.put(name, next);
        return next;
    }

    private VmStatus existing(VmName name) {
        return Optional.ofNullable(vms.get(name))
                .orElseThrow(() -> Problem.of(
                                "no-such-vm", "there is no VM " + name, "understudy vm list shows those there are")
                        .with("vm", name)
                        .refused());
    }

    private void requireQuorum() {
        if (!quorum) {
            throw Problem.of("no-quorum", "no majority of the ledger answers", "repair a host or the witness")
                    .because("h2 and w1 are lost")
                    .refused();
        }
    }

    @Override
    public List<VolumeStatus> volumes() {
        return List.of(VOLUME);
    }

    @Override
    public synchronized VolumeStatus volume(VmName vm, String disk) {
        if (!disk.equals(VOLUME.name())) {
            throw Problem.of("no-such-volume", "no disk " + disk, "list them").refused();
        }
        return new VolumeStatus(
                VOLUME.vm(),
                VOLUME.name(),
                VOLUME.id(),
                VOLUME.size(),
                VOLUME.state(),
                VOLUME.replicas(),
                VOLUME.reason(),
                VOLUME.progress(),
                Optional.of(resync),
                scrub);
    }

    /// Ends at once, having found something.
    @Override
    public synchronized VolumeStatus scrub(VmName vm, String disk) {
        boolean isRunning = scrub.filter(it -> it.ended().isEmpty()).isPresent();
        scrub = Optional.of(new Scrub(H1, EPOCH, Optional.of(EPOCH.plusSeconds(9)), 1, true, 3, 1, 0, unmended, ""));
        if (isRunning) {
            throw Problem.of("scrub-runs", "A scrub is under way.", "Wait.").refused();
        }
        return volume(vm, disk);
    }

    /// A scrub is under way; it ends as soon as somebody asks for another.
    public synchronized void scrubRuns() {
        scrub = Optional.of(Scrub.begun(H1, EPOCH));
    }

    /// How many blocks scrubs find without a good copy.
    public synchronized void unmended(long blocks) {
        unmended = blocks;
    }

    @Override
    public synchronized VolumeStatus resync(VmName vm, String disk, ResyncTerms terms) {
        resync = new Resync(
                terms.paused().orElse(resync.paused()),
                terms.limit().or(resync::limit).filter(size -> size.bytes() > 0),
                resync.to(),
                resync.full(),
                resync.left(),
                resync.copied(),
                resync.bytesPerSecond(),
                resync.secondsLeft());
        return volume(vm, disk);
    }

    /// Whether the volume's VM runs, so that nothing is exported.
    public synchronized void started(boolean is) {
        started = is;
    }

    /// Whether exports break in the middle.
    public synchronized void broken(boolean is) {
        broken = is;
    }

    @Override
    public void export(VmName vm, String disk, VolumePieces.Sink sink) throws IOException {
        if (started) {
            throw Problem.of("vm-not-stopped", vm + " is not stopped", "stop it first")
                    .refused();
        }
        long size = volume(vm, disk).size().bytes();
        sink.piece(1 << 20, CONTENT, CONTENT.length);
        if (broken) {
            throw Problem.of("vm-not-stopped", "it was started meanwhile", "stop it")
                    .refused();
        }
        sink.piece(size - 512, CONTENT, 1);
        sink.end(size);
    }

    @Override
    public VolumeStatus grow(VmName vm, String disk, ByteSize size) {
        VolumeStatus was = volume(vm, disk);
        return new VolumeStatus(
                vm,
                disk,
                was.id(),
                size,
                was.state(),
                was.replicas(),
                was.reason(),
                was.progress(),
                was.resync(),
                was.scrub());
    }

    @Override
    public synchronized List<HostStatus> hosts() {
        return List.of(host(H1, Role.HOST), host(H2, Role.HOST), host(W1, Role.WITNESS));
    }

    @Override
    public synchronized HostStatus removeHost(HostName host) {
        HostStatus was = hosts().stream()
                .filter(it -> it.name().equals(host))
                .findFirst()
                .orElseThrow(() -> Problem.of("no-such-host", "no host " + host, "list them")
                        .refused());
        if (was.state() != HostState.LOST) {
            throw Problem.of("host-is-up", host + " is up", "switch it off").refused();
        }
        return was;
    }

    @Override
    public synchronized HostStatus maintain(HostName host, boolean on) {
        if (!List.of(H1, H2).contains(host)) {
            throw Problem.of("no-such-host", "no host " + host, "list them").refused();
        }
        if (on) {
            maintained.add(host);
            vms.values().stream()
                    .filter(vm -> vm.active().equals(Optional.of(host)))
                    .map(VmStatus::name)
                    .toList()
                    .forEach(vm -> switchover(vm, Optional.of(host), Optional.empty()));
        } else {
            maintained.remove(host);
        }
        return host(host, Role.HOST);
    }

    private HostStatus host(HostName name, Role role) {
        boolean isHost = role == Role.HOST;
        return new HostStatus(
                name,
                role,
                isHost || quorum ? HostState.UP : HostState.LOST,
                "http://10.77.0.1" + name.value().charAt(1) + ":7700",
                Optional.empty(),
                isHost ? ByteSize.ofMebibytes(8192) : new ByteSize(0),
                isHost ? ByteSize.ofMebibytes(7680) : new ByteSize(0),
                2,
                isHost ? "7.2.22" : "",
                isHost ? "tcg" : "",
                !isHost,
                maintained.contains(name),
                vms.values().stream()
                        .filter(vm -> vm.active().filter(name::equals).isPresent())
                        .map(VmStatus::name)
                        .toList(),
                vms.values().stream()
                        .filter(vm -> vm.active().filter(name::equals).isPresent())
                        .map(vm -> "VM " + vm.name() + " runs there")
                        .toList(),
                List.of());
    }

    @Override
    public synchronized List<RuleStatus> rules() {
        return rules.stream().map(MemoryCluster::of).toList();
    }

    private static RuleStatus of(PlacementRule rule) {
        return new RuleStatus(rule.kind(), rule.one(), rule.other(), "");
    }

    @Override
    public synchronized RuleStatus setRule(PlacementRule rule) {
        rules.removeIf(rule::isForThoseOf);
        rules.add(rule);
        return of(rule);
    }

    @Override
    public synchronized RuleStatus removeRule(VmName vm, VmName other) {
        PlacementRule rule = rules.stream()
                .filter(it -> it.isAbout(vm) && it.otherThan(vm).equals(other))
                .findFirst()
                .orElseThrow(() -> Problem.of("no-such-rule", "no rule for " + vm + " and " + other, "list them")
                        .refused());
        rules.remove(rule);
        return of(rule);
    }

    @Override
    public synchronized ClusterStatus status() {
        return new ClusterStatus(
                "lab",
                H1,
                quorum,
                quorum ? Optional.of(W1) : Optional.empty(),
                List.of(H1, H2, W1),
                2,
                2,
                vms.size(),
                count(vm -> vm.state() == VmState.RUNNING),
                count(VmStatus::isProtected),
                quorum ? List.of() : List.of("no majority of the ledger answers"));
    }

    private int count(Predicate<VmStatus> which) {
        return (int) vms.values().stream().filter(which).count();
    }

    @Override
    public synchronized List<Event> events(long after, int limit) {
        return events.stream().filter(e -> e.sequence() > after).limit(limit).toList();
    }

    @Override
    public synchronized AutoCloseable follow(Consumer<Event> consumer) {
        followers.add(consumer);
        return () -> {
            synchronized (this) {
                followers.remove(consumer);
            }
        };
    }

    @Override
    public String store(InputStream content) throws IOException {
        MessageDigest digest = sha256();
        new DigestInputStream(content, digest).transferTo(OutputStream.nullOutputStream());
        String name = HexFormat.of().formatHex(digest.digest());
        synchronized (this) {
            files.add(name);
            stores++;
        }
        return name;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized boolean holds(String sha256) {
        return files.contains(sha256);
    }
}
