package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import understudy.model.ByteSize;

class AgentConfigTest {
    private static final UUID CLUSTER = UUID.fromString("5e3c1d0a-0000-4000-8000-000000000001");

    private final Topology topology = Topology.of(2, 1);

    @Test
    void aHostIsToldItsBridgeAndEveryAddressOfItsPeers() {
        assertThat(tree("h1")).isEqualTo(new YAMLMapper().readTree("""
                cluster: 5e3c1d0a-0000-4000-8000-000000000001
                name: h1
                role: host
                data: /var/lib/understudy
                run: /run/understudy
                volumes-folder: /var/lib/understudy/volumes
                bridge: br0
                site: s1
                api: ["127.0.0.1:7800", "10.79.0.11:7800"]
                listen: ["10.78.0.1:7700", "10.78.0.5:7700", "10.78.0.9:7700"]
                voters: [h1, h2, w1]
                peers:
                  - {name: h2, role: host, addresses: ["10.78.0.2:7700", "10.78.0.6:7700"]}
                  - {name: w1, role: witness, addresses: ["10.78.0.10:7700"]}
                """));
    }

    @Test
    void aWitnessHasNoBridgeAndNoVolumes() {
        JsonNode witness = tree("w1");
        assertThat(witness.has("volumes-folder")).isFalse();
        assertThat(witness.has("bridge")).isFalse();
        assertThat(witness.path("role").asString()).isEqualTo("witness");
        assertThat(witness.path("listen")).hasSize(2);
    }

    @Test
    void whatAPlanSaysBesideStandsBesideTheOtherKeysAndTheRestIsLeftToTheAgent() {
        JsonNode host = tree(
                "h1", AgentOptions.NONE.withVerifyEvery(25).withPairAfter(20).withMemory(ByteSize.ofMebibytes(2048)));
        assertThat(host.path("verify-every").asInt()).isEqualTo(25);
        assertThat(host.path("memory").asString()).isEqualTo("2G");
        assertThat(host.path("pair-after-seconds").asInt()).isEqualTo(20);
        assertThat(host.has("lose-after-millis")).isFalse();
    }

    private JsonNode tree(String node) {
        return tree(node, AgentOptions.NONE);
    }

    private JsonNode tree(String node, AgentOptions options) {
        return new YAMLMapper()
                .readTree(AgentConfig.of(topology, topology.node(node), CLUSTER, options)
                        .yaml());
    }
}
