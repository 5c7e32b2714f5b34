package understudy.agent;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.api.HostState;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.protocol.PeerWatch;
import understudy.protocol.PeerWatch.Input;
import understudy.protocol.Step;

/// Watches the other agents: one [PeerWatch] each, fed by the messenger and by a clock.
///
/// Threads: any; the listener is called by whichever brought the change, under this object's lock, so it must
/// not wait.
final class Peers {

    interface Listener {
        /// It is heard of, for the first time, again, or in another life.
        void heard(HostName peer, Life life, Moment at);

        void doubted(HostName peer);

        /// @param closed whether its kernel closed the connection: only its agent may be gone
        void lost(HostName peer, Moment at, boolean closed);

        /// It is lost here, and another agent has heard it.
        void heardElsewhere(HostName peer, Moment at);
    }

    /// @param elsewhere when another agent heard it last
    private record Known(Life life, PeerWatch.State state, Optional<Moment> elsewhere) {}

    private final PeerWatch watch;
    private final Listener listener;
    private final Duration newsAfter;
    private final Map<HostName, Known> known = new TreeMap<>();

    /// @param loseAfter silence after which a peer is lost; it is doubted after half of it
    Peers(Duration loseAfter, Listener listener) {
        this.watch = new PeerWatch(loseAfter.dividedBy(2), loseAfter);
        this.newsAfter = loseAfter.dividedBy(8);
        this.listener = listener;
    }

    synchronized void heard(HostName peer, Life life, Moment at) {
        Known before = known.get(peer);
        if (before == null || !before.life.equals(life)) {
            known.put(peer, new Known(life, new PeerWatch.State.Heard(at), Optional.empty()));
            listener.heard(peer, life, at);
        } else {
            step(peer, before, new Input.HeartbeatReceived(at), at);
        }
    }

    synchronized void closed(HostName peer, Moment at) {
        Known before = known.get(peer);
        if (before != null) {
            step(peer, before, new Input.ConnectionsClosed(at), at);
        }
    }

    /// Another agent says that it has heard a peer. However many say so, few are passed on: eight in the time that
    /// makes a silent peer lost.
    synchronized void heardElsewhere(HostName peer, Moment at) {
        Known before = known.get(peer);
        if (before == null
                || before.elsewhere
                        .filter(it -> at.since(it).compareTo(newsAfter) < 0)
                        .isPresent()) {
            return;
        }
        known.put(peer, new Known(before.life, before.state, Optional.of(at)));
        if (before.state instanceof PeerWatch.State.Lost) {
            listener.heardElsewhere(peer, at);
        }
    }

    /// When each was heard last of those that are not lost.
    synchronized Map<HostName, Moment> heard() {
        Map<HostName, Moment> heard = new TreeMap<>();
        known.forEach((peer, it) -> {
            if (!(it.state instanceof PeerWatch.State.Lost)) {
                heard.put(peer, it.state.lastHeard());
            }
        });
        return heard;
    }

    synchronized void tick(Moment now) {
        known.replaceAll((peer, before) -> next(peer, before, new Input.Tick(now), now));
    }

    synchronized HostState state(HostName peer) {
        Known it = known.get(peer);
        if (it == null) {
            return HostState.LOST;
        }
        return switch (it.state) {
            case PeerWatch.State.Heard _ -> HostState.UP;
            case PeerWatch.State.Doubted _ -> HostState.DOUBTED;
            case PeerWatch.State.Lost _ -> HostState.LOST;
        };
    }

    /// Tells another listener how things stand with a peer. Changes after this reach the usual listener only.
    synchronized void repeat(HostName peer, Listener to) {
        Known it = known.get(peer);
        if (it != null) {
            to.heard(peer, it.life, it.state.lastHeard());
            if (it.state instanceof PeerWatch.State.Lost(Moment lastHeard, boolean closed)) {
                to.lost(peer, lastHeard, closed);
                it.elsewhere.ifPresent(when -> to.heardElsewhere(peer, when));
            }
        }
    }

    private void step(HostName peer, Known before, Input input, Moment at) {
        known.put(peer, next(peer, before, input, at));
    }

    private Known next(HostName peer, Known before, Input input, Moment at) {
        Step<PeerWatch.State, PeerWatch.Effect> step = watch.step(before.state, input);
        for (PeerWatch.Effect effect : step.effects()) {
            switch (effect) {
                case REPORT_HEARD -> listener.heard(peer, before.life, at);
                case REPORT_DOUBTED -> listener.doubted(peer);
                case REPORT_LOST -> {
                    listener.lost(peer, at, isClosed(step.state()));
                    before.elsewhere.ifPresent(when -> listener.heardElsewhere(peer, when));
                }
            }
        }
        return new Known(before.life, step.state(), before.elsewhere);
    }

    private static boolean isClosed(PeerWatch.State state) {
        return state instanceof PeerWatch.State.Lost(Moment _, boolean closed) && closed;
    }
}
