package understudy.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Life;

class LinkConfigTest {
    private static final HostName SELF = new HostName("h1");

    @Test
    void anAgentMayListenOnAPathOfItsOwnForEachPeer() {
        assertThat(config(33, 2).listen()).hasSize(33);
        assertThatThrownBy(() -> config(LinkConfig.LISTEN_MAX + 1, 2)).hasMessageContaining("h1 listens on 65");
    }

    @Test
    void onlyAnAgentWithoutPeersMayListenOnNothing() {
        SortedMap<HostName, List<InetSocketAddress>> nobody = new TreeMap<>();
        assertThat(LinkConfig.of(SELF, new Life(UUID.randomUUID()), UUID.randomUUID(), List.of(), nobody)
                        .listen())
                .isEmpty();
        assertThatThrownBy(() -> config(0, 2)).hasMessageContaining("h1 listens on 0");
    }

    @Test
    void aPeerHasOneToEightAddresses() {
        assertThat(config(1, LinkConfig.ADDRESSES_MAX).peers()).hasSize(1);
        assertThatThrownBy(() -> config(1, LinkConfig.ADDRESSES_MAX + 1)).hasMessageContaining("h2 has 9");
        assertThatThrownBy(() -> config(1, 0)).hasMessageContaining("h2 has 0");
    }

    private static LinkConfig config(int listen, int addresses) {
        SortedMap<HostName, List<InetSocketAddress>> peers = new TreeMap<>();
        peers.put(new HostName("h2"), ports(addresses));
        return LinkConfig.of(SELF, new Life(UUID.randomUUID()), UUID.randomUUID(), ports(listen), peers);
    }

    private static List<InetSocketAddress> ports(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 7700 + i))
                .toList();
    }
}
