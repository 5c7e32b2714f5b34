package understudy.agent;

import java.util.HashMap;
import java.util.Map;
import understudy.model.HostName;
import understudy.model.Moment;

/// Agents tell each other whom they hear. Where only the way between two hosts is broken, a third says so to both, and
/// the standby leaves the VM to an active that lives ([understudy.protocol.StandbyRules]). It is a preference and no
/// more: a word that is lost, late or wrong costs a takeover that need not have been, or a second.
///
/// Threads: any.
final class Hearsay {
    /// A word of what is longer ago is of no use to anybody.
    private static final long MILLIS_MAX = 60_000;

    private final HostName self;
    private final Peers peers;

    Hearsay(HostName self, Peers peers) {
        this.self = self;
        this.peers = peers;
    }

    /// Whom this agent hears; to be told all others four times in the time that makes a silent peer lost.
    AgentMessage.Hears word(Moment now) {
        Map<HostName, Long> millis = new HashMap<>();
        peers.heard().forEach((peer, at) -> millis.put(peer, now.since(at).toMillis()));
        return new AgentMessage.Hears(millis);
    }

    /// Another agent has said whom it hears. Its word is a little older than it says, which makes a peer look more
    /// alive than it is, by the time that the word took.
    void told(AgentMessage.Hears word, Moment now) {
        word.millis().forEach((peer, millis) -> {
            if (millis >= 0 && millis <= MILLIS_MAX && !peer.equals(self)) {
                peers.heardElsewhere(peer, new Moment(now.nanos() - millis * 1_000_000));
            }
        });
    }
}
