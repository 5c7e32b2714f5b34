package understudy.agent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import understudy.link.Link;
import understudy.link.LinkConfig;
import understudy.model.HostName;
import understudy.model.Life;

/// Links of several agents in one process that know each other.
final class Links implements AutoCloseable {
    private final UUID cluster = UUID.randomUUID();
    private final List<Link> links = new ArrayList<>();

    Link add(String name) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        HostName self = new HostName(name);
        Link link = Link.open(LinkConfig.of(self, new Life(UUID.randomUUID()), cluster, List.of(any), new TreeMap<>()));
        for (Link other : links) {
            other.know(self, link.addresses());
            link.know(other.config().self(), other.addresses());
        }
        links.add(link);
        return link;
    }

    @Override
    public void close() {
        links.forEach(Link::close);
    }
}
