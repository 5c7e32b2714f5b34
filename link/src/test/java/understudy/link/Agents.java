package understudy.link;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Life;

/// Links of several agents in one process, with two addresses each, that know each other.
final class Agents implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final UUID cluster = UUID.randomUUID();
    private final List<Link> links = new ArrayList<>();

    Link add(String name) throws IOException {
        return add(config(name, cluster, Versions.CURRENT));
    }

    Link add(LinkConfig config) throws IOException {
        links.removeIf(Link::isClosed);
        Link link = Link.open(config);
        for (Link other : links) {
            other.know(config.self(), link.addresses());
            link.know(other.config().self(), other.addresses());
        }
        links.add(link);
        return link;
    }

    /// The address 127.0.0.`last`.
    static InetSocketAddress loopback(int last, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), port);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    UUID cluster() {
        return cluster;
    }

    static LinkConfig config(String name, UUID cluster, Versions versions) {
        return new LinkConfig(
                new HostName(name),
                new Life(UUID.randomUUID()),
                cluster,
                versions,
                List.of(loopback(1, 0), loopback(2, 0)),
                new TreeMap<>(),
                Duration.ofMillis(20),
                Duration.ofMillis(400));
    }

    @Override
    public void close() {
        links.forEach(Link::close);
    }
}
