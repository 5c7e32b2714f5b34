package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Life;
import understudy.model.Problem;
import understudy.model.VmSpec;
import understudy.model.WatchdogReaction;

class FitnessTest {
    private static final List<String> MACHINES = List.of("pc-q35-7.1", "pc-q35-7.2");
    private static final List<String> MODELS = List.of("EPYC", "qemu64");

    private final VmSpec spec = TestMachine.spec(UUID.randomUUID(), Optional.empty());
    private final HostRecord old = host("h1", "64M", MACHINES, MODELS, "tcg");

    @Test
    void hostsThatKnowMachineAndModelFit() {
        HostRecord newer = host("h2", "1G", List.of("pc-q35-7.2", "pc-q35-10.0"), List.of("qemu64"), "tcg");
        assertThat(Fitness.check(spec, List.of(old, newer))).isEmpty();
        assertThat(Fitness.machine(List.of(old, newer))).contains("pc-q35-7.2");
        assertThat(Fitness.cpu(List.of(old, newer))).contains("qemu64");
    }

    @Test
    void machineTypesAreOrderedByNumber() {
        HostRecord newest = host("h2", "1G", List.of("pc-q35-10.0", "pc-q35-9.2"), MODELS, "tcg");
        assertThat(Fitness.machine(List.of(newest, newest))).contains("pc-q35-10.0");
    }

    @Test
    void strangersHaveNothingInCommon() {
        HostRecord strange = host("h2", "1G", List.of("pc-q35-11.0"), List.of("Skylake"), "tcg");
        assertThat(Fitness.machine(List.of(old, strange))).isEmpty();
        assertThat(Fitness.cpu(List.of(old, strange))).isEmpty();
        assertThat(Fitness.cpu(List.of(strange, strange))).contains("Skylake");
    }

    @Test
    void whatDoesNotFitIsRefusedWithTheReason() {
        assertThat(refusal(host("h2", "63M", MACHINES, MODELS, "tcg"))).isEqualTo("not-enough-memory");
        assertThat(refusal(host("h2", "1G", List.of("pc-q35-7.1"), MODELS, "tcg")))
                .isEqualTo("machine-type-unknown");
        assertThat(refusal(host("h2", "1G", MACHINES, List.of("EPYC"), "tcg"))).isEqualTo("cpu-model-unknown");
        assertThat(refusal(host("h2", "1G", MACHINES, MODELS, "kvm"))).isEqualTo("accelerators-differ");
    }

    @Test
    void aDeviceThatOneOfTheTwoLacksIsRefused() {
        VmSpec cared = spec.with(Care.DEFAULT.with(CrashReaction.STOP));
        assertThat(Fitness.check(cared, List.of(with("pvpanic"), with("pvpanic"))))
                .isEmpty();
        Problem problem =
                Fitness.check(cared, List.of(with("pvpanic"), with("i6300esb"))).orElseThrow();
        assertThat(problem.code()).isEqualTo("device-unknown");
        assertThat(problem.message()).contains("h1").contains("pvpanic").contains("--on-crash");
        VmSpec watched = spec.with(Care.DEFAULT.with(WatchdogReaction.RESET));
        assertThat(Fitness.check(watched, List.of(with("pvpanic")))
                        .orElseThrow()
                        .message())
                .contains("i6300esb");
    }

    private HostRecord with(String device) {
        return new HostRecord(
                old.name(),
                old.role(),
                old.life(),
                old.url(),
                old.memory(),
                old.cpus(),
                old.qemu(),
                old.machines(),
                old.cpuModels(),
                old.accelerator(),
                List.of(device),
                old.site());
    }

    private String refusal(HostRecord other) {
        return Fitness.check(spec, List.of(old, other)).map(Problem::code).orElse("none");
    }

    private static HostRecord host(
            String name, String memory, List<String> machines, List<String> models, String accelerator) {
        return new HostRecord(
                new HostName(name),
                HostRecord.Role.HOST,
                new Life(new UUID(0, 1)),
                "http://127.0.0.1:1",
                ByteSize.parse(memory),
                1,
                "7.2.22",
                machines,
                models,
                accelerator);
    }
}
