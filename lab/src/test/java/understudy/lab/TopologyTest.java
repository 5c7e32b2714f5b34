package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import understudy.model.Problem;

class TopologyTest {
    private final Topology usual = Topology.of(2, 1);

    @Test
    void twoHostsHaveTwoLinksAndEachHasOneToTheWitness() {
        assertThat(usual.linksBetween("h1", "h2")).hasSize(2);
        assertThat(usual.linksBetween("h2", "h1")).hasSize(2);
        assertThat(usual.linksBetween("w1", "h1")).hasSize(1);
        assertThat(usual.linksOf("h1").stream().map(link -> link.addressOf("h1")))
                .containsExactly("10.78.0.1", "10.78.0.5", "10.78.0.9");
        assertThat(usual.linksOf("h2").stream().map(link -> link.addressOf("h2")))
                .containsExactly("10.78.0.2", "10.78.0.6", "10.78.0.13");
    }

    @Test
    void interfacesAreNamedAfterWhereTheyLeadTo() {
        PeerLink second = usual.linksBetween("h1", "h2").get(1);
        assertThat(second.interfaceOf("h1")).isEqualTo("peer-h2-1");
        assertThat(second.interfaceOf("h2")).isEqualTo("peer-h1-1");
        assertThat(usual.interfacesOf(usual.node("h1")))
                .containsExactly("mgmt0", "uplink0", "peer-h2-0", "peer-h2-1", "peer-w1-0");
        assertThat(usual.interfacesOf(usual.node("w1"))).containsExactly("mgmt0", "peer-h1-0", "peer-h2-0");
    }

    @Test
    void theLargestLabRepeatsNoAddressAndNoInterfaceAndNoNameIsTooLong() {
        Topology largest = Topology.of(Topology.MOST_HOSTS, Topology.MOST_WITNESSES);
        Set<String> addresses = new HashSet<>();
        for (Node node : largest.nodes()) {
            List<String> names = largest.interfacesOf(node);
            assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.length() <= 15);
            assertThat(addresses.add(node.managementAddress())).isTrue();
            largest.linksOf(node.name())
                    .forEach(link -> assertThat(addresses.add(link.addressOf(node.name())))
                            .isTrue());
        }
    }

    @Test
    void whoeverIsNotThereOrOfTheOtherRoleIsRefused() {
        assertThatThrownBy(() -> usual.node("h3"))
                .isInstanceOf(Problem.Refused.class)
                .hasMessageContaining("h3");
        assertThatThrownBy(() -> usual.node("w1", Role.HOST)).hasMessage("w1 is a witness, not a host");
        assertThatThrownBy(() -> Topology.of(0, 1)).isInstanceOf(Problem.Refused.class);
        assertThatThrownBy(() -> Topology.of(2, 4)).isInstanceOf(Problem.Refused.class);
    }

    @Test
    void hostsTakeTurnsAtSitesAndOfThreeTheLastIsTheWitnessesAlone() {
        assertThat(sites(Topology.of(2, 1, 1))).containsExactly("h1 s1", "h2 s1", "w1 s1");
        assertThat(sites(Topology.of(2, 1, 2))).containsExactly("h1 s1", "h2 s2", "w1 s2");
        assertThat(sites(Topology.of(2, 1, 3))).containsExactly("h1 s1", "h2 s2", "w1 s3");
        assertThat(sites(Topology.of(4, 2, 3))).containsExactly("h1 s1", "h2 s2", "h3 s1", "h4 s2", "w1 s3", "w2 s3");
        assertThat(sites(Topology.of(4, 0, 3))).containsExactly("h1 s1", "h2 s2", "h3 s3", "h4 s1");
    }

    private static List<String> sites(Topology topology) {
        return topology.nodes().stream()
                .map(node -> node.name() + " " + topology.siteOf(node))
                .toList();
    }

    @Test
    void aSiteWithoutANodeIsRefused() {
        assertThatThrownBy(() -> Topology.of(2, 1, 4)).isInstanceOf(Problem.Refused.class);
        assertThatThrownBy(() -> Topology.of(2, 0, 3)).isInstanceOf(Problem.Refused.class);
        assertThatThrownBy(() -> Topology.of(2, 1, 0)).isInstanceOf(Problem.Refused.class);
        assertThatThrownBy(() -> usual.nodesAt("s2")).hasMessage("The lab has no site 's2'");
    }

    @Test
    void aPeerLinkThatIsNotThereIsRefused() {
        assertThat(usual.link("h2", "h1", 1).index()).isEqualTo(1);
        assertThatThrownBy(() -> usual.link("h1", "h2", 2)).hasMessage("h1 and h2 have no peer link 2");
        assertThatThrownBy(() -> usual.link("h1", "h1", 0)).hasMessage("No link joins h1 and h1");
    }
}
