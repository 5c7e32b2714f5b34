package understudy.link;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import understudy.model.HostName;
import understudy.model.Life;

/// Which life of each peer is the present one. Lives have no order, so the one that is first seen later is the
/// later one, and a life that has been followed by another is never believed again (the last 16 of each peer
/// are remembered).
final class Lives {
    private static final int REMEMBERED = 16;

    private final Map<HostName, Deque<Life>> byPeer = new HashMap<>();

    /// @return false if the life has been followed by another
    synchronized boolean admit(HostName peer, Life life) {
        Deque<Life> lives = byPeer.computeIfAbsent(peer, _ -> new ArrayDeque<>());
        if (life.equals(lives.peekFirst())) {
            return true;
        }
        if (lives.contains(life)) {
            return false;
        }
        lives.addFirst(life);
        if (lives.size() > REMEMBERED) {
            lives.removeLast();
        }
        return true;
    }

    synchronized boolean isPresent(HostName peer, Life life) {
        Deque<Life> lives = byPeer.get(peer);
        return lives != null && life.equals(lives.peekFirst());
    }
}
