package understudy.volume.nbd;

import java.time.Duration;

/// What a server grants.
///
/// @param connections at a time; a further one is closed at once
/// @param handshake   from the connection to the first request; a client that takes longer is cut off
/// @param farewell    that [NbdServer#close] waits for the answers of requests that are under way
public record NbdLimits(int connections, Duration handshake, Duration farewell) {

    public static final NbdLimits DEFAULT = new NbdLimits(16, Duration.ofSeconds(30), Duration.ofSeconds(5));

    public NbdLimits {
        if (connections < 1) {
            throw new IllegalArgumentException("a server without connections");
        }
    }
}
