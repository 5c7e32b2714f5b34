package understudy.link;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.Predicate;
import understudy.model.HostName;

/// Makes a [Connection] of a channel, or refuses it. Every byte between agents passes this one door:
/// authentication and encryption belong here, before the first message and around all that follow.
///
/// Both sides check: the listener, that a member of its cluster calls; the dialler, that it reached whom it
/// meant. Who refuses says why, in words, so that both sides' logs tell the same.
final class Handshake {
    /// For all of it together.
    static final Duration TIME_MAX = Duration.ofSeconds(2);

    private final Link link;
    private final LinkConfig config;
    private final Lives lives = new Lives();

    Handshake(Link link, LinkConfig config) {
        this.link = link;
        this.config = config;
    }

    /// Greets as the dialler. The channel is closed on failure.
    Connection greet(SocketChannel channel, HostName peer, int index, String service) throws IOException {
        try (Deadline _ = link.deadlines().on(channel, TIME_MAX)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Hello hello = new Hello(config.versions(), config.cluster(), config.life(), config.self(), index, service);
            Frame.write(channel, hello.encode());
            return welcomed(channel, hello, peer, Reply.decode(Frame.read(channel)));
        } catch (AsynchronousCloseException late) {
            throw new IOException(peer + " did not answer the handshake within " + TIME_MAX.toMillis() + " ms", late);
        } catch (IllegalArgumentException malformed) {
            Deadlines.quietly(channel);
            throw new RefusedException(Refusal.MALFORMED, peer + " answered with " + malformed.getMessage() + ".");
        } catch (IOException failed) {
            Deadlines.quietly(channel);
            throw failed;
        }
    }

    private Connection welcomed(SocketChannel channel, Hello hello, HostName peer, Reply reply)
            throws RefusedException {
        return switch (reply) {
            case Reply.Declined(Refusal refusal, String text) -> throw new RefusedException(refusal, text);
            case Reply.Welcome welcome -> {
                if (!welcome.name().equals(peer)) {
                    throw new RefusedException(
                            Refusal.WRONG_HOST,
                            "Dialled %s and reached %s: correct the address of %s."
                                    .formatted(peer, welcome.name(), peer));
                }
                if (welcome.version() < hello.versions().min()
                        || welcome.version() > hello.versions().max()) {
                    throw new RefusedException(
                            Refusal.VERSION, "%s chose protocol version %d.".formatted(peer, welcome.version()));
                }
                if (!lives.admit(peer, welcome.life())) {
                    throw new RefusedException(Refusal.STALE_LIFE, stale(peer));
                }
                yield new Connection(
                        link, channel, peer, welcome.life(), hello.index(), hello.service(), welcome.version());
            }
        };
    }

    /// Answers as the listener. The channel is closed on failure.
    ///
    /// @param isServed whether there is such a service
    Connection answer(SocketChannel channel, Predicate<String> isServed) throws IOException {
        try (Deadline _ = link.deadlines().on(channel, TIME_MAX)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            try {
                return admitted(channel, Hello.decode(Frame.read(channel)), isServed);
            } catch (IllegalArgumentException malformed) {
                throw new RefusedException(
                        Refusal.MALFORMED,
                        "This is Understudy on %s; it got %s.".formatted(config.self(), malformed.getMessage()));
            }
        } catch (RefusedException refused) {
            decline(channel, refused);
            throw refused;
        } catch (AsynchronousCloseException late) {
            throw new IOException("no greeting within " + TIME_MAX.toMillis() + " ms", late);
        } catch (IOException failed) {
            Deadlines.quietly(channel);
            throw failed;
        }
    }

    private Connection admitted(SocketChannel channel, Hello hello, Predicate<String> isServed) throws IOException {
        HostName self = config.self();
        HostName peer = hello.name();
        if (!hello.cluster().equals(config.cluster())) {
            throw new RefusedException(
                    Refusal.CLUSTER,
                    "%s belongs to cluster %s and %s to %s: correct the address, or join it."
                            .formatted(self, config.cluster(), peer, hello.cluster()));
        }
        if (!link.knows(peer)) {
            throw new RefusedException(
                    Refusal.UNKNOWN_HOST,
                    "%s is not a host that %s knows: join it to the cluster.".formatted(peer, self));
        }
        OptionalInt version = config.versions().common(hello.versions());
        if (version.isEmpty()) {
            throw new RefusedException(
                    Refusal.VERSION,
                    "%s speaks protocol version %s and %s %s: upgrade the older one, one release at a time."
                            .formatted(self, config.versions(), peer, hello.versions()));
        }
        if (!isServed.test(hello.service())) {
            throw new RefusedException(
                    Refusal.UNKNOWN_SERVICE, "%s has no service '%s'.".formatted(self, hello.service()));
        }
        if (!lives.admit(peer, hello.life())) {
            throw new RefusedException(Refusal.STALE_LIFE, stale(peer));
        }
        Frame.write(channel, new Reply.Welcome(version.getAsInt(), config.life(), self).encode());
        return new Connection(link, channel, peer, hello.life(), hello.index(), hello.service(), version.getAsInt());
    }

    private static String stale(HostName peer) {
        return "A later life of " + peer + "'s agent has been heard of: stop this one.";
    }

    /// Says why and closes. The refused side may not be reading, hence best effort within what is left of the
    /// time.
    static void decline(SocketChannel channel, RefusedException refused) {
        try (channel) {
            Frame.write(channel, new Reply.Declined(refused.refusal(), String.valueOf(refused.getMessage())).encode());
            channel.shutdownOutput();
        } catch (IOException goneAlready) {
            // it will never know why
        }
    }

    /// Whether no later life of the connection's peer has been heard of.
    boolean isPresent(Connection connection) {
        return lives.isPresent(connection.peer(), connection.peerLife());
    }
}
