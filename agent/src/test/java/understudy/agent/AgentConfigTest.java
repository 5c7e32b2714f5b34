package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.protocol.LeaseTiming;
import understudy.protocol.PackingChoice;

class AgentConfigTest {
    private static final String GOOD = """
            cluster: 5e3c1d0a-7d0e-4c53-9a3e-0b8f6a1c2d3e
            name: h1
            role: host
            data: /var/lib/understudy
            run: /run/understudy
            volumes-folder: /srv/volumes
            bridge: br0
            site: north
            api: ["127.0.0.1:7800", "192.0.2.11:7800"]
            listen: ["198.51.100.1:7700", "[fd00::1]:7700"]
            voters: [h1, h2, w1]
            peers: [{name: h2, role: host, addresses: ["198.51.100.2:7700"]}, {name: w1, role: witness, addresses: ["192.0.2.31:7700"]}]
            memory: 24G
            lose-after-millis: 300
            lease-millis: 4000
            pair-after-seconds: 600
            scrub-days: 30
            pack-checkpoints: never
            verify-every: 10
            """;

    @TempDir
    Path directory;

    private AgentConfig read(String text) throws IOException {
        return AgentConfig.read(Files.writeString(directory.resolve("agent.yaml"), text));
    }

    private static String with(String key, String value) {
        return GOOD.replaceAll("(?m)^" + key + ":.*$", Matcher.quoteReplacement(key + ": " + value));
    }

    private static String without(String key) {
        return GOOD.replaceAll("(?m)^" + key + ":.*\n", "");
    }

    @Test
    void everyKeyIsRead() throws IOException {
        AgentConfig config = read(GOOD);
        assertThat(config.cluster()).hasToString("5e3c1d0a-7d0e-4c53-9a3e-0b8f6a1c2d3e");
        assertThat(config.name()).isEqualTo(new HostName("h1"));
        assertThat(config.isWitness()).isFalse();
        assertThat(config.data()).isEqualTo(Path.of("/var/lib/understudy"));
        assertThat(config.run()).isEqualTo(Path.of("/run/understudy"));
        assertThat(config.volumes()).isEqualTo(Path.of("/srv/volumes"));
        assertThat(config.bridge()).contains("br0");
        assertThat(config.site()).contains("north");
        assertThat(config.api()).hasSize(2);
        assertThat(config.listen().getFirst().getHostString()).isEqualTo("198.51.100.1");
        assertThat(config.listen().getLast().getAddress().getAddress()).hasSize(16);
        assertThat(config.listen().getLast().getPort()).isEqualTo(7700);
        assertThat(config.voters()).extracting(HostName::value).containsExactly("h1", "h2", "w1");
        assertThat(config.peers()).extracting(AgentConfig.Peer::isWitness).containsExactly(false, true);
        assertThat(config.memory()).contains(ByteSize.ofMebibytes(24 << 10));
        assertThat(config.loseAfter()).isEqualTo(Duration.ofMillis(300));
        assertThat(config.lease()).isEqualTo(new LeaseTiming(Duration.ofSeconds(4)));
        assertThat(config.pairAfter()).contains(Duration.ofMinutes(10));
        assertThat(read(with("pair-after-seconds", "0")).pairAfter()).isEmpty();
        assertThat(config.scrubs().every()).isEqualTo(Duration.ofDays(30));
        assertThat(config.packing()).isEqualTo(PackingChoice.Mode.NEVER);
        assertThat(config.verifyEvery()).isEqualTo(10);
    }

    @Test
    void whatIsNotSaidHasADefault() throws IOException {
        AgentConfig config = read(GOOD.replaceAll(
                "(?m)^(memory|site|volumes-folder|lose-after-millis|lease-millis|pair-after-seconds|scrub-days|pack-checkpoints|verify-every):.*\n",
                ""));
        assertThat(config.memory()).isEmpty();
        assertThat(config.site()).isEmpty();
        assertThat(config.volumes()).isEqualTo(Path.of("/var/lib/understudy/volumes"));
        assertThat(config.loseAfter()).isEqualTo(Duration.ofMillis(200));
        assertThat(config.lease()).isEqualTo(LeaseTiming.DEFAULT);
        assertThat(config.pairAfter()).contains(Duration.ofMinutes(30));
        assertThat(config.scrubs()).isEqualTo(ScrubSchedule.DEFAULT);
        assertThat(config.packing()).isEqualTo(PackingChoice.Mode.AUTO);
        assertThat(config.verifyEvery()).isZero();
    }

    @Test
    void aKeyWithoutAValueIsAsGoodAsNone() throws IOException {
        for (String key : List.of(
                "memory",
                "volumes-folder",
                "lose-after-millis",
                "lease-millis",
                "pair-after-seconds",
                "scrub-days",
                "pack-checkpoints",
                "verify-every")) {
            assertThat(read(with(key, "null"))).as(key).isEqualTo(read(GOOD.replaceAll("(?m)^" + key + ":.*\n", "")));
            assertThat(read(with(key, ""))).as(key).isEqualTo(read(with(key, "null")));
        }
    }

    @Test
    void anAgentMayBeAlone() throws IOException {
        AgentConfig config = read(with("peers", "[]")
                .replaceAll("(?m)^voters:.*$", "voters: [h1]")
                .replaceAll("(?m)^listen:.*$", "listen: []"));
        assertThat(config.peers()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"cluster", "name", "role", "data", "run", "bridge", "api", "listen", "voters", "peers"})
    void aKeyThatMustBeThereIsNamed(String key) {
        assertThatThrownBy(() -> read(without(key)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("agent.yaml: ")
                .hasMessageContaining(key);
        for (String nothing : List.of("null", "")) {
            assertThatThrownBy(() -> read(with(key, nothing)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("agent.yaml: ")
                    .hasMessageContaining(key);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "cluster           | no-uuid",
                "cluster           | [1]",
                "name              | H1",
                "name              | ''",
                "role              | guest",
                "data              | \"\\0\"",
                "run               | [a, b]",
                "volumes-folder    | srv/volumes",
                "volumes-folder    | ''",
                "volumes-folder    | /var/lib/understudy",
                "volumes-folder    | /var/lib",
                "volumes-folder    | /",
                "volumes-folder    | /var/lib/understudy/volumes/..",
                "volumes-folder    | /var/lib/understudy/ledger",
                "volumes-folder    | /var/lib/understudy/files/volumes",
                "volumes-folder    | [/srv/volumes]",
                "api               | []",
                "api               | ['127.0.0.1']",
                "api               | ['127.0.0.1:']",
                "api               | [':7800']",
                "api               | ['127.0.0.1:http']",
                "api               | ['127.0.0.1:-1']",
                "api               | ['127.0.0.1:70000']",
                "api               | ['no such host:7800']",
                "api               | [null]",
                "api               | 127.0.0.1:7800",
                "listen            | []",
                "listen            | ['127.0.0.1:99999999999']",
                "voters            | []",
                "voters            | [h2, w1]",
                "voters            | [h1, h2, h2]",
                "voters            | [h1, h2, w2]",
                "voters            | [h1, 'not a name']",
                "voters            | [h1, null]",
                "peers             | [null]",
                "peers             | [{name: h2, role: host}]",
                "peers             | [{name: h2, role: host, addresses: []}]",
                "peers             | [{name: h2, role: hosts, addresses: ['1.2.3.4:5']}]",
                "peers             | [{name: '?', role: host, addresses: ['1.2.3.4:5']}]",
                "peers             | [{name: h2, role: host, addresses: ['1.2.3.4']}]",
                "peers             | [{name: h2, role: host, addresses: ['1.2.3.4:5'], port: 1}]",
                "peers             | [{name: h1, role: host, addresses: ['1.2.3.4:5']}]",
                "memory            | lots",
                "memory            | -1",
                "memory            | 99999999999999T",
                "lose-after-millis | soon",
                "lose-after-millis | -200",
                "lose-after-millis | 0",
                "lose-after-millis | 39",
                "lease-millis | soon",
                "lease-millis | 0",
                "lease-millis | 2399",
                "lose-after-millis | 99999999999",
                "site              | North Pole",
                "pair-after-seconds | 9",
                "pair-after-seconds | -1",
                "scrub-days        | -1",
                "scrub-days        | weekly",
                "pack-checkpoints  | sometimes",
                "verify-every      | -1",
                "verify-every      | often",
            })
    void aValueThatCannotBeIsAnErrorThatNamesFileAndKey(String key, String value) {
        assertThatThrownBy(() -> read(with(key, value)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(directory.resolve("agent.yaml") + ": ")
                .hasMessageContaining(key);
    }

    @Test
    void aWitnessHasNoFolderForVolumes() {
        assertThatThrownBy(() -> read(with("role", "witness")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("volumes-folder: a witness has no volumes");
    }

    @Test
    void anUnknownKeyIsNamed() {
        assertThatThrownBy(() -> read(GOOD + "verify-evry: 1\n"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("verify-evry");
    }

    @Test
    void aKeyThatIsThereTwiceIsAnError() {
        assertThatThrownBy(() -> read(GOOD + "name: h3\n"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "~", "a", "[]", "{", "\t", "cluster: [", "\u0000"})
    void whatIsNoDocumentOfKeysIsAnError(String text) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class).hasMessageContaining("agent.yaml: ");
    }
}
