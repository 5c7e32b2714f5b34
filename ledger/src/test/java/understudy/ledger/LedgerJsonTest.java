package understudy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.HostRecord;
import understudy.model.Level;
import understudy.model.Placement;
import understudy.model.PlacementRule;
import understudy.model.PlacementRule.Kind;
import understudy.model.Problem;
import understudy.model.RestartLimit;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

class LedgerJsonTest {
    private final VmSpec web = Samples.spec("web");
    private final VmSpec db = Samples.diskSpec("db");
    private final VmSpec cared = Samples.spec("cared")
            .with(Care.DEFAULT
                    .with(new RestartLimit(3, Duration.ofHours(1)))
                    .with(CrashReaction.RESTART)
                    .starting(7, 8));
    private final VmId id = web.id();
    private final List<LedgerCommand> commands = List.of(
            new LedgerCommand.CreateVm(web, true, Samples.view(1, new Placement.Stopped())),
            new LedgerCommand.ChangeView(id, 1, Samples.view(2, new Placement.Solo(Samples.H1))),
            new LedgerCommand.ChangeView(id, 2, Samples.view(3, new Placement.Paired(Samples.H1, Samples.H2))),
            new LedgerCommand.ChangeView(
                    id, 3, new View(4, new Placement.Paired(Samples.H1, Samples.H2), List.of(), new UUID(4, 4), true)),
            new LedgerCommand.CreateVm(db, true, Samples.diskView(db)),
            new LedgerCommand.GrowVolume(
                    db.id(), db.disks().getFirst().id(), db.disks().getFirst().size()),
            new LedgerCommand.SetWanted(id, false),
            new LedgerCommand.DeleteVm(id),
            new LedgerCommand.RenewLease(Samples.H1.host(), Samples.H1.life()),
            new LedgerCommand.CreateVm(cared, true, Samples.view(1, new Placement.Stopped())),
            new LedgerCommand.ChangeView(cared.id(), 1, Samples.view(2, new Placement.Solo(Samples.H1))),
            new LedgerCommand.GiveUp(cared.id(), Samples.H1, Optional.of(0L), "it died"),
            new LedgerCommand.SwitchedOff(id, 1),
            new LedgerCommand.ForceStart(id, 4, Samples.H2.host(), List.of(new UUID(3, 3)), new UUID(4, 5)),
            new LedgerCommand.RegisterHost(Samples.host("w1")),
            new LedgerCommand.SetLevel(db.id(), Level.SYSTEM),
            new LedgerCommand.MoveVm(id, Optional.of(Samples.H1.host())),
            new LedgerCommand.MoveVm(db.id(), Optional.empty()),
            new LedgerCommand.RemoveHost(Samples.H2.host()),
            new LedgerCommand.Maintain(Samples.H2.host(), true),
            new LedgerCommand.SetRule(PlacementRule.of(Kind.APART, db.name(), web.name()), true),
            new LedgerCommand.ChangePair(
                    db.id(), 1, Samples.H1, Samples.host("h3").name(), List.of(new UUID(3, 4)), new UUID(4, 6)));

    @Test
    void everyCommandComesBackAsItWas() {
        for (LedgerCommand command : commands) {
            assertThat(LedgerJson.command(LedgerJson.encode(command))).isEqualTo(command);
        }
    }

    @Test
    void everyAnswerComesBackAsItWas() {
        VmRecord record = new VmRecord(web, true, Samples.view(7, new Placement.Solo(Samples.H2)));
        for (LedgerAnswer answer : List.of(
                new LedgerAnswer.Accepted(Optional.of(record)),
                new LedgerAnswer.Accepted(Optional.of(record.withDestination(Optional.of(Samples.H1.host())))),
                new LedgerAnswer.Accepted(Optional.empty()),
                new LedgerAnswer.Leased(new TreeSet<>(List.of(id, db.id()))),
                new LedgerAnswer.Conflict(record),
                new LedgerAnswer.Refused(Problem.of("a", "b", "c").with("d", 1)))) {
            assertThat(LedgerJson.answer(LedgerJson.encode(answer))).isEqualTo(answer);
        }
    }

    @Test
    void aStateComesBackAsItWas() {
        LedgerState state = LedgerState.empty();
        for (LedgerCommand command : commands) {
            state = state.apply(command).state();
        }
        assertThat(LedgerJson.state(LedgerJson.encode(state))).isEqualTo(state);
    }

    /// Byte by byte what was written in the format before, but for ids.
    @Test
    void whatWasWrittenInTheFormatBeforeIsReadAsWhatItMeant() {
        String spec = """
                {"id":"%s","name":"web","level":"system","policy":"balanced","memory":536870912,"cpus":1,\
                "machine":"pc-q35-7.2","cpu":"qemu64","nics":["52:54:00:12:34:56"],"disks":[],\
                "boot":{"kernel":"%s","initrd":null,"append":"console=ttyS0 quiet"},"hosts":["h1","h2"]}""".formatted(id, "ab".repeat(32));
        View view = new View(1, new Placement.Stopped(), new UUID(1, 2));
        String viewText = "{\"number\":1,\"placement\":{\"is\":\"stopped\"},\"volumes\":[],\"proposal\":\""
                + new UUID(1, 2) + "\"}";
        String command = "{\"format\":3,\"command\":{\"do\":\"create-vm\",\"spec\":" + spec
                + ",\"wanted\":true,\"first\":" + viewText + "}}";
        assertThat(LedgerJson.command(command.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new LedgerCommand.CreateVm(web, true, view));
        String state = "{\"format\":3,\"applied\":3,\"vms\":[{\"spec\":" + spec + ",\"wanted\":true,\"view\":"
                + viewText + ",\"revision\":2}],\"hosts\":[],\"renewals\":{\"h1\":7}}";
        assertThat(LedgerJson.state(state.getBytes(StandardCharsets.UTF_8)).vm(id))
                .contains(new VmRecord(web, true, view, 2));
        assertThat(new String(LedgerJson.encode(new LedgerCommand.CreateVm(web, true, view)), StandardCharsets.UTF_8)
                        .replace("\"format\":13", "\"format\":3")
                        .replace(",\"soloGrant\":false", "")
                        .replaceAll(",\"care\":\\{.*?\"cdrom\":null}", ""))
                .as("what has become more since")
                .isEqualTo(command);
        assertThatThrownBy(() -> LedgerJson.command(
                        command.replace("\"format\":3", "\"format\":13").getBytes(StandardCharsets.UTF_8)))
                .as("and only there what is missing is completed")
                .isInstanceOf(IllegalArgumentException.class);
    }

    /// Before a host could come that is to make its replica, every replica had been made.
    @Test
    void replicasOfTheFormatBeforeWereMade() {
        LedgerCommand command = new LedgerCommand.CreateVm(db, true, Samples.diskView(db));
        assertReadAsBefore(command, ",\"fresh\":false");
    }

    /// Whichever wish it was: it ended what was wanted when it came.
    @Test
    void whoGaveUpInTheFormatBeforeNamedNoWish() {
        LedgerCommand command = new LedgerCommand.GiveUp(id, Samples.H1, Optional.empty(), "it died");
        assertReadAsBefore(command, ",\"wish\":null");
    }

    @Test
    void theFormatBeforeHadNoRules() {
        String now = new String(LedgerJson.encode(LedgerState.empty()), StandardCharsets.UTF_8);
        String before = now.replace("\"format\":13", "\"format\":9").replace(",\"rules\":[]", "");
        assertThat(before).doesNotContain("rules");
        assertThat(LedgerJson.state(before.getBytes(StandardCharsets.UTF_8))).isEqualTo(LedgerState.empty());
    }

    @Test
    void hostsOfTheFormatBeforeStoodNowhere() {
        HostRecord host = new HostRecord(
                Samples.H1.host(),
                HostRecord.Role.HOST,
                Samples.H1.life(),
                "http://127.0.0.1:1",
                ByteSize.ofMebibytes(1024),
                2,
                "7.2.22",
                List.of(),
                List.of(),
                "tcg");
        LedgerCommand command = new LedgerCommand.RegisterHost(host);
        assertReadAsBefore(command, ",\"site\":null");
    }

    /// @param added to the command by the present format
    private static void assertReadAsBefore(LedgerCommand command, String added) {
        String now = new String(LedgerJson.encode(command), StandardCharsets.UTF_8);
        assertThat(now).contains(added);
        String before = now.replace("\"format\":13", "\"format\":9").replace(added, "");
        assertThat(LedgerJson.command(before.getBytes(StandardCharsets.UTF_8))).isEqualTo(command);
    }

    @Test
    void aSavedRecordComesBackAsItWas() {
        VmRecord record = new VmRecord(db, true, Samples.diskView(db));
        SavedRecord saved = new SavedRecord(UUID.randomUUID(), record);
        assertThat(SavedRecord.parse(saved.bytes())).isEqualTo(saved);
        assertThatThrownBy(() -> SavedRecord.parse(LedgerJson.encode(commands.get(7))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesAndIdsAreReadable() {
        assertThat(new String(LedgerJson.encode(commands.get(1)), StandardCharsets.UTF_8))
                .startsWith("{\"format\":13,\"command\":{\"do\":\"change-view\",\"vm\":\"" + id)
                .contains("\"placement\":{\"is\":\"solo\",\"active\":{\"host\":\"h1\"");
    }

    @Test
    void everyTruncatedCommandIsRefused() {
        for (LedgerCommand command : commands) {
            byte[] bytes = LedgerJson.encode(command);
            for (int length = 0; length < bytes.length; length++) {
                byte[] part = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> LedgerJson.command(part)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void damagedCommandsAreRefusedOrReadButNeverMore() {
        for (long seed = 0; seed < 3_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = LedgerJson.encode(commands.get(random.nextInt(commands.size())));
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            try {
                LedgerState.empty().apply(LedgerJson.command(bytes));
            } catch (IllegalArgumentException refused) {
                assertThat(refused.getMessage()).as("seed %d", seed).isNotNull();
            }
        }
    }

    @Test
    void whatThisReleaseDoesNotKnowIsRefused() {
        String good = new String(LedgerJson.encode(commands.get(7)), StandardCharsets.UTF_8);
        for (String bad : List.of(
                good.replace("\"format\":13", "\"format\":2"),
                good.replace("delete-vm", "format-disk"),
                good.replace("\"vm\"", "\"new\":1,\"vm\""),
                good.replaceAll("\"vm\":\"[^\"]*\"", "\"vm\":null"),
                good + "x",
                "null",
                "{\"format\":13,\"command\":null}",
                "{\"format\":13}",
                "[".repeat(60_000))) {
            assertThat(bad).isNotEqualTo(good);
            assertThatThrownBy(() -> LedgerJson.command(bad.getBytes(StandardCharsets.UTF_8)))
                    .as(bad.substring(0, Math.min(80, bad.length())))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aCommandIsBounded() {
        VmSpec large = new VmSpec(
                new VmId(UUID.randomUUID()),
                web.name(),
                web.level(),
                web.policy(),
                web.memory(),
                web.cpus(),
                web.machine(),
                web.cpu(),
                web.nics(),
                Optional.of(new VmSpec.Boot("ab", Optional.empty(), "x".repeat(LedgerJson.COMMAND_MAX))),
                web.hosts());
        assertThatThrownBy(() -> LedgerJson.encode(
                        new LedgerCommand.CreateVm(large, true, Samples.view(1, new Placement.Stopped()))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
