package understudy.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import understudy.model.HostName;

/// Writes each peer's refusals of one kind once, until it has been let in again: agents dial for ever. At most
/// 256 are remembered; then all are forgotten.
final class RefusalLog {
    private static final int REMEMBERED = 256;

    private final Logger log;
    private final HostName self;
    private final Set<String> written = ConcurrentHashMap.newKeySet();

    RefusalLog(Logger log, HostName self) {
        this.log = log;
        this.self = self;
    }

    /// The peer, or this side on seeing who it reached, declined.
    void dialled(HostName peer, RefusedException refused) {
        write("to " + peer, refused);
    }

    /// This side declined; the other is known by its address only.
    void answered(String address, RefusedException refused) {
        write("from " + address, refused);
    }

    private void write(String who, RefusedException refused) {
        if (refused.refusal() == Refusal.UNKNOWN_SERVICE) {
            log.debug("{}: connection {} refused: {}", self, who, refused.getMessage());
            return;
        }
        if (written.size() >= REMEMBERED) {
            written.clear();
        }
        if (written.add(who + " " + refused.refusal())) {
            log.warn("{}: connection {} refused: {}", self, who, refused.getMessage());
        }
    }

    void forget(HostName peer) {
        written.removeIf(key -> key.startsWith("to " + peer + " "));
    }

    static String address(SocketChannel channel) {
        try {
            return channel.getRemoteAddress() instanceof InetSocketAddress inet
                    ? inet.getAddress().getHostAddress()
                    : "an unknown address";
        } catch (IOException closed) {
            return "a closed connection";
        }
    }
}
