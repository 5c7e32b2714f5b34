package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import understudy.model.Hardware;
import understudy.model.Hardware.Clock;
import understudy.model.Hardware.Devices;

/// Against the installed QEMU.
class QemuTest {
    private static final Duration LIMIT = TestMachine.LIMIT;

    private TestMachine machine;

    @BeforeEach
    void makeMachine() throws IOException {
        machine = new TestMachine();
    }

    @AfterEach
    void removeMachine() throws IOException {
        machine.close();
    }

    private static Stream<Hardware> machines() {
        return Stream.of(
                Hardware.DEFAULT,
                new Hardware(Devices.EMULATED, true, Clock.LOCAL, true, Optional.of("ab".repeat(32))));
    }

    private void use(Hardware hardware) throws IOException {
        machine.close();
        machine = new TestMachine(hardware);
    }

    @ParameterizedTest
    @MethodSource("machines")
    void aStandbyGoesOnWhereTheActiveWas(Hardware hardware) throws IOException {
        use(hardware);
        QemuProcess active = machine.start("a", QemuCommand.Role.ACTIVE);
        QemuProcess standby = machine.start("s", QemuCommand.Role.STANDBY);
        byte[] stream;
        int ticks;
        try (Qmp qmp = active.awaitReady(LIMIT, _ -> {})) {
            awaitTicks(active, 2);
            OutgoingHead outgoing = OutgoingHead.take(qmp, active.directory(), LIMIT);
            assertThat(outgoing.stopped()).isBetween(Duration.ZERO, LIMIT);
            int before = TestMachine.ticks(active);
            awaitTicks(active, before + 1);

            qmp.execute("stop", LIMIT);
            DeviceState devices = save(qmp, active);
            ticks = TestMachine.ticks(active);
            TestMachine.copyRam(active, standby);
            stream = MigrationStream.encode(outgoing.head(), devices);
        }
        active.kill(LIMIT);
        assertThat(active.isAlive()).isFalse();

        try (Qmp qmp = standby.awaitReady(LIMIT, _ -> {})) {
            IncomingFeed.Resumed resumed = IncomingFeed.resume(qmp, standby, stream, LIMIT);
            assertThat(resumed.time()).isBetween(Duration.ZERO, LIMIT);
            assertThat(qmp.execute("query-status", LIMIT).path("status").asString())
                    .isEqualTo("running");
            assertThat(TestMachine.ticks(standby)).isGreaterThanOrEqualTo(ticks);
            awaitTicks(standby, ticks + 2);
        }
        assertThat(Files.readString(standby.log())).doesNotContain("vmdescription");
    }

    @ParameterizedTest
    @MethodSource("machines")
    void everySmallBlockIsFoundInQemusMemory(Hardware hardware) throws IOException {
        use(hardware);
        QemuProcess active = machine.start("a", QemuCommand.Role.ACTIVE);
        try (Qmp qmp = active.awaitReady(LIMIT, _ -> {})) {
            awaitTicks(active, 2);
            StreamHead head = OutgoingHead.take(qmp, active.directory(), LIMIT).head();
            SmallBlocks.Located located = SmallBlocks.locate(qmp, active.pid(), head, LIMIT);
            assertThat(located.missing()).isEmpty();
            assertThat(located.found())
                    .extracting(HostBlock::name)
                    .contains("pc.bios", "pc.rom", "/rom@etc/acpi/tables")
                    .areExactly(
                            hardware.screen() ? 1 : 0,
                            new Condition<>(name -> name.endsWith("vga.vram"), "the screen's memory"));
            Map<String, byte[]> now = SmallBlocks.read(active.pid(), located.found());
            assertThat(now).containsOnlyKeys(head.contents().keySet());
            // The firmware writes to the screen meanwhile.
            now.keySet().removeIf(name -> name.endsWith("vga.vram"));
            now.forEach((name, content) ->
                    assertThat(content).as(name).isEqualTo(head.contents().get(name)));
            assertThat(head.sharedBlocks()).extracting(RamBlock::name).containsExactly("ram");
        }
    }

    @Test
    void theHeadOfAPausedGuestIsRefused() throws IOException {
        QemuProcess active = machine.start("a", QemuCommand.Role.ACTIVE);
        try (Qmp qmp = active.awaitReady(LIMIT, _ -> {})) {
            qmp.execute("stop", LIMIT);
            assertThatThrownBy(() -> OutgoingHead.take(qmp, active.directory(), LIMIT))
                    .hasMessageContaining("does not run");
            qmp.execute("cont", LIMIT);
            OutgoingHead.take(qmp, active.directory(), LIMIT);
            OutgoingHead.take(qmp, active.directory(), LIMIT);
            awaitTicks(active, 1);
        }
    }

    @Test
    void aTornStreamIsRefusedAndTheStandbyEnds() throws IOException {
        QemuProcess active = machine.start("a", QemuCommand.Role.ACTIVE);
        QemuProcess standby = machine.start("s", QemuCommand.Role.STANDBY);
        byte[] head;
        try (Qmp qmp = active.awaitReady(LIMIT, _ -> {})) {
            head = MigrationStream.encodeHead(
                    OutgoingHead.take(qmp, active.directory(), LIMIT).head());
        }
        try (Qmp qmp = standby.awaitReady(LIMIT, _ -> {})) {
            assertThatThrownBy(() -> IncomingFeed.resume(qmp, standby, head, LIMIT))
                    .isInstanceOf(IOException.class);
        }
        await().atMost(LIMIT).until(() -> !standby.isAlive());
        assertThat(standby.lastWords()).contains("load of migration failed");
    }

    @Test
    void aLaterAgentAdoptsARunningQemuAndNotADeadOne() throws IOException {
        QemuProcess active = machine.start("a", QemuCommand.Role.ACTIVE);
        active.awaitReady(LIMIT, _ -> {}).close();
        assertThat(QemuProcess.list(machine.file(""))).containsExactly(active.directory());
        Optional<QemuProcess.Adopted> adopted = QemuProcess.adopt(active.directory(), LIMIT, _ -> {});
        assertThat(adopted.orElseThrow().process()).isEqualTo(active);
        adopted.orElseThrow().qmp().close();
        active.kill(LIMIT);
        assertThat(QemuProcess.adopt(active.directory(), LIMIT, _ -> {})).isEmpty();
        active.remove();
        assertThat(active.ram()).doesNotExist();
        assertThat(active.directory().path()).doesNotExist();
    }

    @Test
    void aQemuWhoseAgentDiedBeforeItRecordedItIsFound() throws IOException {
        QemuProcess active = machine.start("a", QemuCommand.Role.ACTIVE);
        active.awaitReady(LIMIT, _ -> {}).close();
        Path record = active.directory().instance();
        String json = Files.readString(record);
        Files.writeString(record, json.replace("\"pid\":" + active.pid(), "\"pid\":0"));
        QemuProcess.Adopted adopted =
                QemuProcess.adopt(active.directory(), LIMIT, _ -> {}).orElseThrow();
        adopted.qmp().close();
        assertThat(adopted.process()).isEqualTo(active);
        Files.writeString(record, "{\"pid\"");
        assertThatThrownBy(() -> QemuProcess.read(active.directory())).hasMessageContaining("is damaged");
    }

    @Test
    void whyQemuDidNotStartIsTold() throws IOException {
        QemuCommand command = new QemuCommand(
                java.util.List.of("qemu-system-x86_64", "-machine", "no-such-machine"),
                machine.spec.id(),
                QemuCommand.Role.ACTIVE,
                new InstanceDirectory(machine.file("x")),
                machine.file("x.ram"));
        QemuProcess process = QemuProcess.start(command, Path.of(""), machine.file("x.log"));
        assertThatThrownBy(() -> process.awaitReady(LIMIT, _ -> {})).hasMessageContaining("unsupported machine type");
    }

    @Test
    void whenQemuDiesAllWaitersFailAtOnce() throws IOException {
        QemuProcess active = machine.start("a", QemuCommand.Role.ACTIVE);
        try (Qmp qmp = active.awaitReady(LIMIT, _ -> {})) {
            active.kill(LIMIT);
            assertThatThrownBy(() -> qmp.execute("query-status", LIMIT))
                    .isInstanceOfSatisfying(
                            QmpException.class, e -> assertThat(e.kind()).isEqualTo(QmpException.Kind.DISCONNECTED));
        }
    }

    private DeviceState save(Qmp qmp, QemuProcess process) throws IOException {
        Path file = process.directory().path().resolve("devices");
        qmp.execute("xen-save-devices-state", Map.of("filename", file.toString(), "live", false), LIMIT);
        DeviceState devices = DeviceState.of(Files.readAllBytes(file));
        assertThat(devices.sections()).extracting(DeviceState.Section::name).contains("cpu", "globalstate");
        return devices;
    }

    private static void awaitTicks(QemuProcess process, int ticks) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> TestMachine.ticks(process) >= ticks);
    }
}
