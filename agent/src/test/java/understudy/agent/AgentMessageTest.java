package understudy.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.api.Event;
import understudy.api.Resync;
import understudy.api.Scrub;
import understudy.api.VmState;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VolumeId;
import understudy.protocol.Newcomer;

class AgentMessageTest {
    private static final VmId VM = new VmId(new UUID(1, 2));

    private static List<AgentMessage> all() {
        Event event = new Event(
                7,
                Instant.parse("2026-01-02T03:04:05.678901Z"),
                new HostName("h1"),
                Optional.of(new VmName("web-1")),
                "lost",
                Event.Severity.ERROR,
                "it said \"ü\"\n\u0000");
        VolumeReport volume = new VolumeReport(
                new VolumeId(new UUID(3, 4)),
                true,
                "h2 is lost",
                Optional.of(0.25),
                Optional.of(Resync.idle(true, Optional.of(ByteSize.ofMebibytes(3)))),
                Optional.of(Scrub.begun(new HostName("h1"), Instant.parse("2026-01-02T03:04:05.678901Z"))
                        .failed(Instant.parse("2026-01-02T03:04:06Z"), "h2 was lost")));
        VmReport report = new VmReport(
                VM,
                VmState.RUNNING,
                true,
                "why",
                Optional.of(0.5),
                Optional.empty(),
                List.of(volume),
                List.of(new ReplicaReport(
                        volume.volume(),
                        ReplicaReport.Condition.LOSSY,
                        Optional.of(new UUID(7, 7)),
                        7,
                        Optional.of(Instant.EPOCH))));
        return List.of(
                new AgentMessage.Report(
                        new HostName("h1"),
                        ByteSize.ofMebibytes(5),
                        List.of(report, report),
                        Optional.of(new Newcomer.Word(
                                Optional.of(new UUID(9, 9)),
                                Newcomer.Copy.USED,
                                Set.of(new HostName("h3")),
                                Set.of(new HostName("h1"), new HostName("h2")),
                                Set.of(new UUID(8, 8))))),
                new AgentMessage.Report(new HostName("h1"), new ByteSize(0), List.of(), Optional.empty()),
                new AgentMessage.Hears(Map.of(new HostName("h1"), 12L)),
                new AgentMessage.Happened(event),
                new AgentMessage.StopNow(VM));
    }

    @Test
    void whatIsSaidIsUnderstood() {
        for (AgentMessage message : all()) {
            assertThat(AgentMessage.parse(message.bytes())).isEqualTo(message);
        }
    }

    @Test
    void fieldsOfANewerAgentAreIgnored() {
        String newer =
                new String(new AgentMessage.StopNow(VM).bytes(), UTF_8).replaceFirst("\\{\"vm\"", "{\"x\":1,\"vm\"");
        assertThat(AgentMessage.parse(newer.getBytes(UTF_8))).isEqualTo(new AgentMessage.StopNow(VM));
    }

    @Test
    void whatAnOlderAgentDoesNotSayOfItsReplicasIsNotKnown() {
        String older = new String(all().getFirst().bytes(), UTF_8)
                .replaceAll(",\"replica\":\"[0-9a-f-]*\",\"inSyncView\":7,\"written\":\"[^\"]*\"", "");
        assertThat(older).doesNotContain("inSyncView");
        AgentMessage.Report report = (AgentMessage.Report) AgentMessage.parse(older.getBytes(UTF_8));
        ReplicaReport replica = report.vms().getFirst().replicas().getFirst();
        assertThat(replica.condition()).isEqualTo(ReplicaReport.Condition.LOSSY);
        assertThat(replica.replica()).isEmpty();
        assertThat(replica.inSyncView()).isZero();
        assertThat(replica.written()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"Dance\":{}}",
                "{\"StopNow\":5}",
                "{\"StopNow\":{}}",
                "{\"StopNow\":{\"vm\":null}}",
                "{\"StopNow\":{\"vm\":\"x\"}}",
                "{\"Report\":{\"host\":\"h1\"}}",
                "{\"Report\":{\"host\":\"h1\",\"memoryFree\":\"5M\",\"vms\":[null]}}",
                "{\"Happened\":{}}",
                "{\"Happened\":{\"event\":{}}}"
            })
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> AgentMessage.parse(text.getBytes(UTF_8))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noPrefixIsAMessage() {
        for (AgentMessage message : all()) {
            byte[] whole = message.bytes();
            for (int length = 0; length < whole.length - 1; length++) {
                byte[] prefix = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> AgentMessage.parse(prefix)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void mutationsAreMessagesOrRefused() {
        Random random = new Random(1);
        List<byte[]> all = all().stream().map(AgentMessage::bytes).toList();
        byte[] likely = "{}[]\",:0123456789nulltrue.-eE \\u".getBytes(UTF_8);
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = all.get(random.nextInt(all.size())).clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] =
                        random.nextBoolean() ? likely[random.nextInt(likely.length)] : (byte) random.nextInt();
            }
            try {
                assertThat(AgentMessage.parse(bytes).bytes()).isNotEmpty();
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("message between agents");
            }
        }
    }

    /// As one of an earlier version does.
    @Test
    void aReportMaySayNothingOfTheLedger() {
        byte[] report = "{\"Report\":{\"host\":\"h1\",\"memoryFree\":0,\"vms\":[]}}".getBytes(UTF_8);
        assertThat(AgentMessage.parse(report))
                .isEqualTo(new AgentMessage.Report(new HostName("h1"), new ByteSize(0), List.of(), Optional.empty()));
    }
}
