package understudy.api;

import java.util.Optional;
import understudy.model.ByteSize;
import understudy.model.HostName;

/// How a volume's replicas are brought back: on which terms, and how far a copy is.
///
/// The terms are those of the host that runs the VM, and end with its agent or when another host runs it; scrubs
/// obey them, too.
///
/// @param paused         whether nothing is copied until somebody resumes it
/// @param limit          the most to be copied in a second; none if there is no limit
/// @param to             the host whose replica is brought back now; none if nothing is copied, and then the rest
///                       is 0
/// @param full           whether all of it is looked at, and not only what the replica missed
/// @param left           what may still differ
/// @param copied         what did differ so far
/// @param bytesPerSecond how much less is left after each second, on average so far
/// @param secondsLeft    how long it will take going on like that; none if nobody can say yet
public record Resync(
        boolean paused,
        Optional<ByteSize> limit,
        Optional<HostName> to,
        boolean full,
        ByteSize left,
        ByteSize copied,
        long bytesPerSecond,
        Optional<Long> secondsLeft) {

    /// Whether it goes by what somebody wished.
    public boolean obeys(ResyncTerms wish) {
        return wish.paused().filter(is -> is != paused).isEmpty()
                && wish.limit()
                        .filter(most -> !most.equals(limit.orElse(new ByteSize(0))))
                        .isEmpty();
    }

    /// Nothing is copied.
    public static Resync idle(boolean paused, Optional<ByteSize> limit) {
        ByteSize none = new ByteSize(0);
        return new Resync(paused, limit, Optional.empty(), false, none, none, 0, Optional.empty());
    }
}
