package understudy.agent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.agent.rest.RestServer;
import understudy.api.Event.Severity;
import understudy.api.HostState;
import understudy.api.VmState;
import understudy.api.VolumePieces;
import understudy.ledger.JoiningLedger;
import understudy.ledger.LedgerConfig;
import understudy.link.Connection;
import understudy.link.Link;
import understudy.link.LinkConfig;
import understudy.link.Messenger;
import understudy.link.Tunnel;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.protocol.Electorate;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.Newcomer;
import understudy.protocol.SwitchOff;
import understudy.protocol.ViewInput;

/// One agent: everything that runs on a host or a witness, put together.
public final class Agent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final String LEDGER = "ledger";
    private static final int LEDGER_PORT = 7810;
    private static final Duration TICK = Duration.ofMillis(5);
    private static final Duration REPORT = Duration.ofMillis(500);
    private static final Duration WARM = Duration.ofSeconds(1);
    private static final Duration OFFER = Duration.ofSeconds(5);

    /// A host that has said nothing for longer may have ended.
    private static final Duration FRESH = Duration.ofSeconds(3);
    private static final Duration CATCH_UP = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofSeconds(10);
    private static final Duration TRIM = Duration.ofSeconds(2);
    private static final Duration GUARD = Duration.ofSeconds(2);
    private static final Duration FILES_AGAIN = Duration.ofSeconds(5);

    private final AgentConfig config;
    private final Replica self;
    private final EventLog events;
    private final Link link;
    private final Hearsay hearsay;
    private final Messenger messenger;
    private final JoiningLedger ledger;
    private final LeaseKeeper leases;
    private final SortedMap<HostName, Long> renewals = new TreeMap<>();
    private final AloneWords words;
    private final AuditLog audit;
    private final AgentServices services;
    private final FileStore files;
    private final Peers peers;
    private final VolumeDesk volumes;
    private final ExportService exports;
    private final HostRecord host;
    private final Map<VmId, VmDriver> drivers = new ConcurrentHashMap<>();
    private final Map<HostName, Told> reports = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock;
    private final StartTurns turns = new StartTurns();
    private final ForgottenReplicas leftovers;
    private final Admission admission;
    private final AtomicBoolean isAskedToReport = new AtomicBoolean();
    private final AtomicBoolean isRegistering = new AtomicBoolean();
    private final VoterKeeper voters;
    private final ShutdownGuard shutdown = new ShutdownGuard(ShutdownGuard.SYSTEMD);
    /// Waits for the disk of volumes, however long that takes.
    private final ScheduledExecutorService janitor = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("janitor").factory());
    private final CatchUp catchUp;
    private final RestServer rest;

    /// The last question to the ledger's leader; only the clock asks.
    private volatile CompletableFuture<LedgerState> question = CompletableFuture.completedFuture(LedgerState.empty());

    /// What a host said last, and when.
    record Told(AgentMessage.Report report, Moment at) {}

    /// Starts it. It serves from here on, and is ready when the ledger is.
    ///
    /// @throws IOException if an address, a folder or QEMU is not as it must be
    public Agent(AgentConfig config) throws IOException {
        this.config = config;
        EarlyDisks early = EarlyDisks.listen(QemuHost.instances(config.run()));
        this.self = new Replica(config.name(), new Life(UUID.randomUUID()));
        this.events = new EventLog(config.name());
        this.link = Link.open(
                LinkConfig.of(config.name(), self.life(), config.cluster(), config.listen(), peerAddresses(config)));
        this.files = new FileStore(config.data().resolve("files"), link);
        this.peers = new Peers(config.loseAfter(), new PeersListener());
        this.hearsay = new Hearsay(config.name(), peers);
        this.clock = Executors.newScheduledThreadPool(
                2, Thread.ofPlatform().daemon().name("clock-", 0).factory());
        this.catchUp = new CatchUp(this::read, this::hearsMajority, Agent::now, clock, this::caughtUp, LastResort::end);
        link.serve(AgentServices.CHECKPOINTS, new StreamOffers(this::driver, catchUp::trouble)::take);
        link.serve(AgentServices.VOLUMES, this::takeMirror);
        this.volumes = new VolumeDesk(config.name(), link, this::answer);
        this.exports = new ExportService(config.name(), link, this::export);
        this.ledger = startLedger();
        this.admission = new Admission(
                config.name(),
                self.life(),
                ledger,
                config.voters(),
                Electorate.first(config.voters(), config::isWitness),
                name -> state(name) != HostState.LOST,
                text -> happened(Optional.empty(), "ledger-copy", Severity.INFO, text),
                LastResort::end);
        this.messenger = new Messenger(link, new MessengerListener());
        this.leases = new LeaseKeeper(self, config.lease(), ledger);
        HostProbe probe = new HostProbe(config, self.life());
        QemuHost qemu = new QemuHost(config.run(), config.data(), files, probe.accelerator(), early);
        UUID boot = HostBoot.of(config.run());
        this.words = new AloneWords(config.data().resolve("alone"), boot);
        this.audit = new AuditLog(config.data().resolve("audit.log"));
        this.services = new AgentServices(
                self,
                boot,
                config,
                link,
                messenger,
                ledger,
                qemu,
                files,
                events,
                this::report,
                peer -> peers.state(peer) == HostState.UP,
                volumes::ask,
                leases,
                words,
                new ScrubTurn());
        this.voters = new VoterKeeper(
                config,
                ledger,
                admission,
                name -> state(name) != HostState.LOST,
                text -> services.happened(Optional.empty(), "votes-moved", Severity.INFO, text));
        this.leftovers = new ForgottenReplicas(config, drivers::containsKey);
        this.host = probe.record();
        this.rest = new RestServer(new AgentControl(this), config.api());
        var _ = clock.scheduleAtFixedRate(guarded(this::tick), 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
        long often = config.loseAfter().dividedBy(4).toMillis();
        var _ = clock.scheduleAtFixedRate(guarded(this::tellWhoIsHeard), often, often, TimeUnit.MILLISECONDS);
        var _ = clock.scheduleAtFixedRate(guarded(this::keepLedgerWarm), 1000, WARM.toMillis(), TimeUnit.MILLISECONDS);
        var _ = clock.scheduleAtFixedRate(guarded(this::report), 0, REPORT.toMillis(), TimeUnit.MILLISECONDS);
        if (!config.isWitness()) {
            var _ = clock.scheduleWithFixedDelay(
                    guarded(qemu::trimSerialLogs), 0, TRIM.toMillis(), TimeUnit.MILLISECONDS);
            var _ = clock.scheduleWithFixedDelay(
                    guarded(this::guardShutdown), GUARD.toMillis(), GUARD.toMillis(), TimeUnit.MILLISECONDS);
            var _ = janitor.scheduleWithFixedDelay(guarded(leftovers::look), 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
        }
        leases.start();
        register();
        // Nobody needs to be asked for these.
        words.ofThisStart().forEach(this::startDriver);
        catchUp.start();
        services.happened(
                Optional.empty(), "agent-started", Severity.INFO, "the agent of " + config.name() + " started");
        probe.notice().ifPresent(text -> services.happened(Optional.empty(), "notice", Severity.WARNING, text));
    }

    // ---- for the REST API -----------------------------------------------------------------------------------------

    AgentConfig config() {
        return config;
    }

    /// Where the REST API listens.
    List<URI> urls() {
        return rest.urls();
    }

    JoiningLedger ledger() {
        return ledger;
    }

    EventLog events() {
        return events;
    }

    FileStore files() {
        return files;
    }

    AuditLog audit() {
        return audit;
    }

    /// Something that somebody asked of this agent.
    void happened(Optional<VmName> vm, String kind, Severity severity, String text) {
        services.happened(vm, kind, severity, text);
    }

    VolumeDesk volumes() {
        return volumes;
    }

    ExportService exports() {
        return exports;
    }

    HostState state(HostName name) {
        return name.equals(config.name()) ? HostState.UP : peers.state(name);
    }

    /// What a host said last, if that is not older than `age`.
    Optional<AgentMessage.Report> report(HostName name, Duration age) {
        return Optional.ofNullable(reports.get(name))
                .filter(told -> now().since(told.at).compareTo(age) <= 0)
                .map(Told::report);
    }

    /// What a host said of a VM, if that is fresh.
    Optional<VmReport> report(HostName name, VmId vm) {
        return report(name, FRESH).stream()
                .flatMap(report -> report.vms().stream())
                .filter(it -> it.vm().equals(vm))
                .findFirst();
    }

    /// Asks the host that runs a VM for something.
    ///
    /// @return whether it was told
    boolean tell(HostName name, AgentMessage message) {
        if (name.equals(config.name())) {
            received(message);
            return true;
        }
        return messenger.send(name, message.bytes());
    }

    // ---- set-up ---------------------------------------------------------------------------------------------------

    private static SortedMap<HostName, List<InetSocketAddress>> peerAddresses(AgentConfig config) {
        SortedMap<HostName, List<InetSocketAddress>> addresses = new TreeMap<>();
        config.peers().forEach(peer -> addresses.put(peer.name(), peer.addresses()));
        return addresses;
    }

    /// The ledger's members find each other on loopback, at the same port everywhere, behind the link's tunnels.
    private JoiningLedger startLedger() throws IOException {
        SortedMap<HostName, InetSocketAddress> members = new TreeMap<>();
        for (int i = 0; i < config.voters().size(); i++) {
            HostName name = config.voters().get(i);
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), LEDGER_PORT + i);
            members.put(name, address);
            if (name.equals(config.name())) {
                Tunnel.serve(link, LEDGER, address);
            } else {
                Tunnel _ = Tunnel.open(link, name, LEDGER, address);
            }
        }
        SortedSet<HostName> voters = Electorate.first(config.voters(), config::isWitness);
        HostName preferred =
                voters.stream().filter(config::isWitness).findFirst().orElse(voters.getFirst());
        LedgerConfig start = LedgerConfig.of(
                config.name(),
                config.cluster(),
                config.data().resolve("ledger"),
                Objects.requireNonNull(members.get(config.name())),
                members,
                voters,
                preferred);
        return JoiningLedger.open(start, LastResort::end);
    }

    /// Until it is done it is asked for once a second, by one at a time.
    private void register() {
        if (isRegistering.compareAndSet(false, true)) {
            askToRegister();
        }
    }

    private void askToRegister() {
        var _ = ledger.propose(new LedgerCommand.RegisterHost(host)).whenComplete((_, failure) -> {
            if (failure == null) {
                isRegistering.set(false);
            } else {
                var _ = clock.schedule(this::askToRegister, 1, TimeUnit.SECONDS);
            }
        });
    }

    private CompletableFuture<LedgerState> read() {
        return ledger.read();
    }

    private void caughtUp(LedgerState state) {
        Thread.ofVirtual().name("catch-up").start(() -> begin(state));
    }

    /// Whether so many voters' agents are heard that the ledger could answer.
    boolean hearsMajority() {
        Set<HostName> voters = ledger.voters();
        long heard = voters.stream()
                .filter(voter -> state(voter) == HostState.UP && !admission.hasNone(voter))
                .count();
        return ledger.copy() != Newcomer.Copy.NONE && heard > voters.size() / 2;
    }

    private void begin(LedgerState first) {
        if (!config.isWitness()) {
            // What another host has taken over for good has no driver that would end it.
            services.qemu()
                    .endAllBut(first.vms().values().stream()
                            .filter(vm -> isHostOf(vm)
                                    || drivers.containsKey(vm.spec().id()))
                            .map(vm -> vm.spec().id())
                            .collect(Collectors.toSet()));
        }
        lookForTurns(first, now());
        learn(first);
        ledger.subscribe(state -> {
            if (state.applied() >= first.applied()) {
                learn(state);
            }
        });
    }

    // ---- what happens ---------------------------------------------------------------------------------------------

    private synchronized void learn(LedgerState state) {
        for (VmRecord record : state.vms().values()) {
            if (isHostOf(record)) {
                learn(record);
            }
        }
        drivers.values().removeIf(driver -> isForgotten(driver, state));
        leftovers.learnt(state);
        if (state.host(config.name()).isEmpty()) {
            // Somebody took it for one that is gone for good.
            register();
        }
        state.renewals().forEach(this::renewed);
    }

    private boolean isHostOf(VmRecord record) {
        return record.spec().hosts().contains(config.name());
    }

    /// Of a host that has come in the place of another, the driver is told how things stand.
    private void learn(VmRecord record) {
        VmId vm = record.spec().id();
        if (!drivers.containsKey(vm)) {
            startDriver(record);
        }
        driver(vm).ifPresent(driver -> {
            Optional<HostName> other = record.spec().otherThan(config.name());
            boolean isOther = driver.other(other);
            driver.input(new ViewInput.RecordLearnt(record));
            other.filter(_ -> isOther).ifPresent(peer -> peers.repeat(peer, new ToDriver(driver)));
        });
    }

    /// A host whose renewals go on lives, heard or not.
    private void renewed(HostName peer, long count) {
        Optional<Long> before = Optional.ofNullable(renewals.put(peer, count));
        if (!peer.equals(config.name()) && before.filter(it -> it != count).isPresent()) {
            drivers.values().stream()
                    .filter(driver -> driver.isPairedWith(peer))
                    .forEach(driver -> driver.input(new ViewInput.PeerRenewed(now())));
        }
    }

    private boolean isForgotten(VmDriver driver, LedgerState state) {
        Optional<VmRecord> record = state.vm(driver.spec().id());
        boolean forgotten = record.filter(this::isHostOf).isEmpty();
        if (forgotten) {
            driver.input(record.<ViewInput>map(ViewInput.RecordLearnt::new).orElseGet(ViewInput.RecordGone::new));
            driver.closeWhenDone();
            leases.forget(driver.spec().id());
        }
        return forgotten;
    }

    /// From the moment in which the driver is listed it is told what changes with its peer; what was before,
    /// here.
    private void startDriver(VmRecord record) {
        VmDriver driver = new VmDriver(services, record.spec());
        driver.start();
        drivers.put(record.spec().id(), driver);
        record.spec().otherThan(config.name()).ifPresent(peer -> peers.repeat(peer, new ToDriver(driver)));
        Thread.ofVirtual().name("files-" + record.spec().name()).start(() -> keepBootFiles(driver));
    }

    /// A host that takes a VM over cannot ask the lost one for its kernel.
    private void keepBootFiles(VmDriver driver) {
        try {
            while (drivers.get(driver.spec().id()) == driver) {
                try {
                    services.qemu().fetchFiles(driver.spec(), services.peerNames());
                    return;
                } catch (IOException e) {
                    LOG.info(
                            "{}: its boot files are not here yet: {}",
                            driver.spec().name(),
                            e.getMessage());
                }
                Thread.sleep(FILES_AGAIN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The link's threads are virtual; a disk that hangs would keep one's carrier.
    private void takeMirror(Connection connection) throws IOException, InterruptedException {
        VolumeWire.Preface preface;
        try (var _ = connection.deadline(OFFER)) {
            preface = VolumeWire.Preface.receive(connection);
        }
        Optional<VmDriver> driver = driverSoon(preface.vm());
        if (driver.isEmpty()) {
            connection.close();
            return;
        }
        Thread serving = Thread.ofPlatform()
                .daemon()
                .name("mirror-" + driver.get().spec().name())
                .start(() -> driver.get().mirrored(connection, preface.volume()));
        serving.join();
    }

    private void answer(VolumeQuestion question) {
        if (question instanceof VolumeQuestion.CheckRoom(VmId vm, VolumeId _, ByteSize size)) {
            NewVolumes.checkRoom(config.volumes(), vm, size, config.name());
        } else {
            knownDriver(question.vm()).answer(question);
        }
    }

    private void export(VmId vm, VolumeId volume, VolumePieces.Sink sink) throws IOException {
        knownDriver(vm).export(volume, sink);
    }

    private VmDriver knownDriver(VmId vm) {
        return driver(vm)
                .orElseThrow(() -> Problem.of(
                                "vm-unknown",
                                config.name() + " does not know VM " + vm + ".",
                                "Try again when its agent has caught up with the ledger.")
                        .with("vm", vm)
                        .refused());
    }

    /// An agent that was started just now hears its peers seconds before its ledger has caught up: see
    /// [StreamOffers].
    private Optional<VmDriver> driverSoon(VmId vm) throws InterruptedException {
        long end = System.nanoTime() + CATCH_UP.toNanos();
        while (!drivers.containsKey(vm) && System.nanoTime() < end) {
            Thread.sleep(TICK);
        }
        return driver(vm);
    }

    private void received(AgentMessage message) {
        switch (message) {
            case AgentMessage.Report report -> {
                reports.put(report.host(), new Told(report, now()));
                admission.told(report.host(), report.ledger());
            }
            case AgentMessage.Hears word -> hearsay.told(word, now());
            case AgentMessage.Happened(var event) -> events.told(event);
            case AgentMessage.StopNow(VmId vm) -> driver(vm).ifPresent(VmDriver::stopNow);
        }
    }

    private Optional<VmDriver> driver(VmId vm) {
        return Optional.ofNullable(drivers.get(vm));
    }

    private void tick() {
        Moment now = now();
        peers.tick(now);
        if (turns.isDue(now)) {
            lookForTurns(ledger.seen(), now);
        }
        admission.tick();
        voters.tick(now);
        if (isAskedToReport.getAndSet(false) || admission.isNews()) {
            report();
        }
        Set<HostName> all = ledger.voters();
        Set<HostName> there = new TreeSet<>(all);
        there.removeIf(voter -> state(voter) == HostState.LOST || admission.hasNone(voter));
        for (VmDriver driver : drivers.values()) {
            driver.votes(other -> hasMajorityWithout(other, there, all), now);
            driver.tick(now, turns.isHeld(driver.spec().id()));
        }
    }

    /// Where nobody answers, what was known last counts.
    private void guardShutdown() {
        if (ledger.hasQuorum()) {
            shutdown.keep(
                    SwitchOff.lastCopies(ledger.seen(), name -> state(name) != HostState.LOST, config.name()), now());
        }
    }

    private void tellWhoIsHeard() {
        byte[] word = hearsay.word(now()).bytes();
        services.peerNames().forEach(peer -> messenger.send(peer, word));
    }

    private static boolean hasMajorityWithout(HostName other, Set<HostName> there, Set<HostName> all) {
        int left = there.size() - (there.contains(other) ? 1 : 0);
        return left * 2 > all.size();
    }

    private void lookForTurns(LedgerState state, Moment now) {
        Set<VmId> running = reports.keySet().stream()
                .flatMap(host -> report(host, FRESH).stream())
                .flatMap(report -> report.vms().stream())
                .filter(vm -> vm.state() == VmState.RUNNING || vm.state() == VmState.PAUSED)
                .map(VmReport::vm)
                .collect(Collectors.toSet());
        turns.look(state.vms().values(), running, now);
    }

    /// Asks the ledger's leader something, so that the way to it is open and its code compiled when a takeover
    /// depends on it: a first question after a long time takes several times as long.
    private void keepLedgerWarm() {
        if (question.isDone()) {
            question = ledger.read().exceptionally(_ -> LedgerState.empty());
        }
    }

    private void report() {
        List<VmReport> vms = drivers.values().stream().map(VmDriver::report).toList();
        AgentMessage.Report report =
                new AgentMessage.Report(config.name(), host.memory(), vms, Optional.of(admission.word()));
        reports.put(config.name(), new Told(report, now()));
        byte[] message = report.bytes();
        services.peerNames().forEach(peer -> messenger.send(peer, message));
    }

    /// Tells one driver what happens to its peer.
    private record ToDriver(VmDriver driver) implements Peers.Listener {
        @Override
        public void heard(HostName peer, Life life, Moment at) {
            driver.input(new ViewInput.PeerHeard(peer, life, at));
        }

        @Override
        public void doubted(HostName peer) {
            LOG.debug("{}: {} is doubted", driver.spec().name(), peer);
        }

        @Override
        public void lost(HostName peer, Moment at, boolean closed) {
            driver.peerLost(at, closed);
        }

        @Override
        public void heardElsewhere(HostName peer, Moment at) {
            driver.input(new ViewInput.PeerHeardElsewhere(at));
        }
    }

    private final class PeersListener implements Peers.Listener {
        @Override
        public void heard(HostName peer, Life life, Moment at) {
            LOG.info("{}: hears {}@{}", config.name(), peer, life);
            admission.isNew(peer);
            isAskedToReport.set(true);
            driversWith(peer).forEach(driver -> new ToDriver(driver).heard(peer, life, at));
        }

        @Override
        public void doubted(HostName peer) {
            driversWith(peer).forEach(driver -> new ToDriver(driver).doubted(peer));
        }

        @Override
        public void lost(HostName peer, Moment at, boolean closed) {
            driversWith(peer).forEach(driver -> new ToDriver(driver).lost(peer, at, closed));
            events.happened(Optional.empty(), "peer-lost", Severity.WARNING, peer + " is silent");
        }

        @Override
        public void heardElsewhere(HostName peer, Moment at) {
            driversWith(peer).filter(_ -> !leads()).forEach(driver -> new ToDriver(driver).heardElsewhere(peer, at));
        }

        /// Who cannot reach the leader cannot ask: there is no race to be left to it.
        private boolean leads() {
            return ledger.leader().equals(Optional.of(config.name()));
        }

        private Stream<VmDriver> driversWith(HostName peer) {
            return drivers.values().stream().filter(driver -> driver.isPairedWith(peer));
        }
    }

    private final class MessengerListener implements Messenger.Listener {
        @Override
        public void heard(HostName peer, Life life, Moment at) {
            peers.heard(peer, life, at);
        }

        @Override
        public void closed(HostName peer) {
            peers.closed(peer, now());
        }

        @Override
        public void received(HostName peer, Life life, byte[] message) {
            try {
                Agent.this.received(AgentMessage.parse(message));
            } catch (IllegalArgumentException e) {
                LOG.warn("{}: from {}: {}", config.name(), peer, e.getMessage());
            }
        }
    }

    /// A task that throws would never be run again.
    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("{}: {}", config.name(), e.getMessage(), e);
            }
        };
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }

    /// Ends the agent; its guests live on, and a later life takes them up.
    @Override
    public void close() {
        clock.shutdownNow();
        janitor.shutdownNow();
        rest.close();
        shutdown.close();
        drivers.values().forEach(VmDriver::close);
        messenger.close();
        leases.close();
        words.close();
        ledger.close();
        link.close();
    }
}
