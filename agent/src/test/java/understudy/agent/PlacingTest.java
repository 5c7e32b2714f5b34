package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.api.Nic;
import understudy.api.VmRequest;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.MacAddress;
import understudy.model.Placement;
import understudy.model.PlacementRule;
import understudy.model.PlacementRule.Kind;
import understudy.model.Policy;
import understudy.model.Problem;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.HostLoad;
import understudy.protocol.LedgerState;

class PlacingTest {
    private static final ByteSize GIB = ByteSize.ofMebibytes(1024);

    private final TreeMap<HostName, HostRecord> hosts = new TreeMap<>();
    private final TreeMap<VmId, VmRecord> vms = new TreeMap<>();
    private final Set<HostName> up = new HashSet<>();
    private final Set<HostName> maintained = new TreeSet<>();
    private final TreeSet<PlacementRule> rules = new TreeSet<>();

    PlacingTest() {
        host("h1", 4, List.of("pc-q35-7.2"), "tcg");
        host("h2", 4, List.of("pc-q35-7.1", "pc-q35-7.2", "pc-q35-10.0"), "tcg");
        host("h3", 2, List.of("pc-q35-7.2"), "tcg");
        hosts.put(
                new HostName("w1"),
                record("w1", HostRecord.Role.WITNESS, new ByteSize(0), List.of(), List.of(), "", Optional.empty()));
        up.add(new HostName("w1"));
    }

    private static HostRecord record(
            String name,
            HostRecord.Role role,
            ByteSize memory,
            List<String> machines,
            List<String> cpus,
            String accelerator,
            Optional<String> site) {
        return new HostRecord(
                new HostName(name),
                role,
                new Life(new UUID(1, 1)),
                "http://127.0.0.1:7800",
                memory,
                2,
                "7.2.22",
                machines,
                cpus,
                accelerator,
                List.of(),
                site);
    }

    private void host(String name, int gibibytes, List<String> machines, String accelerator) {
        host(name, gibibytes, machines, accelerator, Optional.empty());
    }

    private void host(String name, int gibibytes, List<String> machines, String accelerator, Optional<String> site) {
        ByteSize memory = ByteSize.ofMebibytes(1024L * gibibytes);
        List<String> cpus = List.of("Nehalem", "qemu64");
        hosts.put(new HostName(name), record(name, HostRecord.Role.HOST, memory, machines, cpus, accelerator, site));
        up.add(new HostName(name));
    }

    private void hostAt(String site, String name, int gibibytes) {
        host(name, gibibytes, List.of("pc-q35-7.2"), "tcg", Optional.of(site));
    }

    private static VmRequest request(ByteSize memory, String... on) {
        return request(memory, Level.SYSTEM, Optional.empty(), Optional.empty(), on);
    }

    private static VmRequest request(
            ByteSize memory, Level level, Optional<String> machine, Optional<String> cpu, String... on) {
        return new VmRequest(
                new VmName("web-1"),
                level,
                Policy.BALANCED,
                memory,
                1,
                List.of(new Nic(Optional.empty()), new Nic(Optional.of(new MacAddress("52:54:00:01:02:03")))),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                "",
                List.of(on).stream().map(HostName::new).toList(),
                false,
                machine,
                cpu);
    }

    private VmSpec place(VmRequest request) {
        return new Placing(state(), up::contains).spec(request, new VmId(UUID.randomUUID()), List.of());
    }

    private LedgerState state() {
        return new LedgerState(0, vms, hosts, new TreeMap<>(), maintained, rules);
    }

    private Problem refused(VmRequest request) {
        return catchThrowableOfType(Problem.Refused.class, () -> place(request)).problem();
    }

    private void holds(ByteSize memory, String... on) {
        VmSpec spec = place(request(memory, on));
        vms.put(spec.id(), new VmRecord(spec, true, new View(1, new Placement.Stopped(), UUID.randomUUID())));
    }

    private static List<String> names(VmSpec spec) {
        return spec.hosts().stream().map(HostName::value).toList();
    }

    @Test
    void whereHostsStandAtTwoSitesThePairIsOverBoth() {
        hosts.clear();
        hostAt("north", "h1", 8);
        hostAt("north", "h2", 8);
        hostAt("south", "h3", 2);
        assertThat(names(place(request(GIB)))).containsExactly("h1", "h3");
        holds(GIB, "h1");
        assertThat(names(place(request(GIB)))).containsExactly("h2", "h3");
        assertThat(names(place(request(GIB, "h1", "h2")))).as("by name any two").containsExactly("h1", "h2");
        Problem problem = refused(request(ByteSize.ofMebibytes(2049)));
        assertThat(problem.code()).isEqualTo("no-pair");
        assertThat(problem.message()).contains("at different sites");
    }

    /// Another VM than the one that is asked for.
    private void runs(String name, String... on) {
        VmSpec spec = place(request(GIB, on));
        VmSpec named = new VmSpec(
                spec.id(),
                new VmName(name),
                spec.level(),
                spec.policy(),
                spec.memory(),
                spec.cpus(),
                spec.machine(),
                spec.cpu(),
                spec.nics(),
                spec.boot(),
                spec.hosts());
        vms.put(named.id(), new VmRecord(named, true, new View(1, new Placement.Stopped(), UUID.randomUUID())));
    }

    private void rule(Kind kind, String other) {
        rules.add(PlacementRule.of(kind, new VmName("web-1"), new VmName(other)));
    }

    @Test
    void vmsThatAreToBeApartBeginApartAndShareAsFewHostsAsCanBe() {
        runs("web-2", "h1", "h2");
        rule(Kind.APART, "web-2");
        assertThat(names(place(request(GIB))))
                .as("of three hosts one is shared")
                .containsExactly("h3", "h2");
        host("h4", 2, List.of("pc-q35-7.2"), "tcg");
        assertThat(names(place(request(GIB)))).containsExactly("h3", "h4");
        up.remove(new HostName("h3"));
        up.remove(new HostName("h4"));
        assertThat(names(place(request(GIB)))).as("the other way round").containsExactly("h2", "h1");
        assertThat(refused(request(GIB, "h1", "h2")).code()).isEqualTo("rule-broken");
        assertThat(refused(request(GIB, "h1", "h2")).message()).contains("web-1 and web-2 apart");
        assertThat(names(place(request(GIB, "h2", "h1")))).containsExactly("h2", "h1");
    }

    @Test
    void vmsThatAreToBeTogetherHaveTheSameHosts() {
        runs("web-2", "h3", "h1");
        rule(Kind.TOGETHER, "web-2");
        assertThat(names(place(request(GIB)))).containsExactly("h3", "h1");
        up.remove(new HostName("h1"));
        Problem problem = refused(request(GIB));
        assertThat(problem.code()).isEqualTo("no-pair");
        assertThat(problem.message()).contains("web-1 and web-2 together");
        assertThat(refused(request(GIB, "h1", "h3")).code()).isEqualTo("rule-broken");
    }

    @Test
    void rulesForVmsThatDoNotExistSayNothing() {
        rule(Kind.TOGETHER, "web-2");
        rule(Kind.APART, "web-3");
        assertThat(names(place(request(GIB)))).containsExactly("h1", "h2");
    }

    @Test
    void hostsInMaintenanceAreChosenLast() {
        maintained.add(new HostName("h2"));
        assertThat(names(place(request(GIB)))).containsExactly("h1", "h3");
        maintained.add(new HostName("h3"));
        assertThat(names(place(request(GIB)))).as("better than none").containsExactly("h1", "h2");
    }

    /// Four virtual ones to a processor; each host here has two.
    @Test
    void processorsCountWhereTheyAreScarcerThanMemory() {
        host("h1", 64, List.of("pc-q35-7.2"), "tcg");
        assertThat(names(place(request(ByteSize.ofMebibytes(64))))).startsWith("h1");
        for (int i = 0; i < 5; i++) {
            holds(ByteSize.ofMebibytes(64), "h1");
        }
        assertThat(names(place(request(ByteSize.ofMebibytes(64))))).containsExactly("h2", "h3");
    }

    @Test
    void theTwoHostsThatAreUsedLeastAreChosen() {
        assertThat(names(place(request(GIB)))).containsExactly("h1", "h2");
        holds(GIB, "h1");
        assertThat(names(place(request(GIB)))).containsExactly("h2", "h1");
        holds(GIB, "h1");
        holds(GIB, "h1");
        assertThat(names(place(request(GIB)))).containsExactly("h2", "h3");
    }

    @Test
    void whatIsPromisedToAStandbyCounts() {
        holds(ByteSize.ofMebibytes(3072), "h1", "h2");
        assertThat(HostLoad.promised(state(), new HostName("h2"))).isEqualTo(3L << 30);
        assertThat(names(place(request(GIB)))).containsExactly("h3", "h1");
        Problem problem = refused(request(ByteSize.ofMebibytes(1025), "h1", "h2"));
        assertThat(problem.code()).isEqualTo("no-memory");
        assertThat(problem.message()).contains("1024 MiB").contains("web-1").contains("1025M");
    }

    @Test
    void aVmThatNoPairCanHoldIsRefused() {
        Problem problem = refused(request(ByteSize.ofMebibytes(4097)));
        assertThat(problem.code()).isEqualTo("no-pair");
        assertThat(problem.message()).contains("4097M");
    }

    @Test
    void onlyHostsThatAreUpAreChosen() {
        up.remove(new HostName("h1"));
        assertThat(names(place(request(GIB)))).containsExactly("h2", "h3");
        up.remove(new HostName("h3"));
        assertThat(refused(request(GIB)).code()).isEqualTo("no-pair");
    }

    @Test
    void namedHostsAreTakenInTheirOrder() {
        assertThat(names(place(request(GIB, "h3", "h1")))).containsExactly("h3", "h1");
        assertThat(names(place(request(GIB, "h3")))).containsExactly("h3");
    }

    @Test
    void whatIsNoHostIsRefused() {
        assertThat(refused(request(GIB, "h9")).code()).isEqualTo("no-such-host");
        assertThat(refused(request(GIB, "h1", "w1")).code()).isEqualTo("no-such-host");
    }

    @Test
    void machineAndProcessorAreWhatTheHostsShare() {
        VmSpec shared = place(request(GIB, "h1", "h2"));
        assertThat(shared.machine()).isEqualTo("pc-q35-7.2");
        assertThat(shared.cpu()).isEqualTo("qemu64");
        assertThat(place(request(GIB, "h2")).machine()).isEqualTo("pc-q35-10.0");
        VmSpec asked = place(request(GIB, Level.SYSTEM, Optional.of("pc-q35-7.1"), Optional.of("Nehalem"), "h2"));
        assertThat(asked.machine()).isEqualTo("pc-q35-7.1");
        assertThat(asked.cpu()).isEqualTo("Nehalem");
    }

    @Test
    void anUnfitPairIsRefused() {
        host("h4", 4, List.of("pc-q35-5.0"), "tcg");
        host("h5", 4, List.of("pc-q35-7.2"), "kvm");
        assertThat(refused(request(GIB, "h1", "h4")).code()).isEqualTo("unfit-pair");
        assertThat(refused(request(GIB, "h1", "h5")).code()).isEqualTo("accelerators-differ");
        assertThat(refused(request(GIB, Level.SYSTEM, Optional.of("pc-q35-10.0"), Optional.empty(), "h1", "h2"))
                        .code())
                .isEqualTo("machine-type-unknown");
        assertThat(refused(request(GIB, Level.SYSTEM, Optional.empty(), Optional.of("Skylake"), "h1", "h2"))
                        .code())
                .isEqualTo("cpu-model-unknown");
    }

    /// The hosts are the cluster's choice here, so it must not choose two that do not fit.
    @Test
    void hostsThatDoNotFitEachOtherAreNotChosen() {
        host("h4", 16, List.of("pc-q35-7.2"), "kvm");
        assertThat(names(place(request(GIB)))).containsExactly("h1", "h2");
    }

    @Test
    void careIsTheVmsUnlessItsLevelOrItsHostsCannotGiveIt() {
        VmRequest plain = request(GIB);
        assertThat(place(caredFor(plain, Care.DEFAULT.starting(7, 8))).care()).isEqualTo(Care.DEFAULT.starting(7, 8));
        assertThat(refused(caredFor(plain, Care.DEFAULT.with(CrashReaction.PAUSE)))
                        .code())
                .isEqualTo("level-not-available");
        assertThat(refused(caredFor(plain, Care.DEFAULT.with(CrashReaction.STOP)))
                        .code())
                .isEqualTo("device-unknown");
    }

    private static VmRequest caredFor(VmRequest it, Care care) {
        return new VmRequest(
                it.name(),
                it.level(),
                it.policy(),
                it.memory(),
                it.cpus(),
                it.nics(),
                it.disks(),
                it.kernel(),
                it.initrd(),
                it.append(),
                it.hosts(),
                it.stopped(),
                it.machine(),
                it.cpu(),
                care,
                it.hardware());
    }

    @Test
    void levelComponentWithoutDisksIsRefused() {
        Problem problem = refused(request(GIB, Level.COMPONENT, Optional.empty(), Optional.empty()));
        assertThat(problem.code()).isEqualTo("level-not-available");
        assertThat(place(request(GIB, Level.RESTART, Optional.empty(), Optional.empty()))
                        .level())
                .isEqualTo(Level.RESTART);
    }

    @Test
    void cardsGetAddressesOfTheirOwnWhereNoneWasAsked() {
        Set<String> chosen = new TreeSet<>();
        for (int i = 0; i < 50; i++) {
            VmSpec spec = place(request(GIB));
            assertThat(spec.nics()).hasSize(2);
            assertThat(spec.nics().get(1)).isEqualTo(new MacAddress("52:54:00:01:02:03"));
            assertThat(spec.nics().getFirst().toString()).matches("52:54:00:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}");
            chosen.add(spec.nics().getFirst().toString());
        }
        assertThat(chosen).hasSizeGreaterThan(45);
    }
}
