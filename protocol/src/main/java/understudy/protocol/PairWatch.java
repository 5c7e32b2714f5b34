package understudy.protocol;

import java.time.Duration;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.VmRecord;

/// For how long a VM's other host has left it alone: when another one is to take its place ([Pairing]).
///
/// A host that is back, and on its way to have all again, is waited for, however long that takes: what it has is more
/// than another would begin with. But the time is counted from when the VM was whole last, so that one that comes and
/// goes does not put it off for ever.
///
/// @param other the host that is watched; empty where there is nothing to watch
/// @param since when it was first seen to be away or to lack something
public record PairWatch(Optional<HostName> other, Optional<Moment> since) {
    /// Longer than a host takes to start again, or to get a new cable.
    public static final Duration PATIENCE = Duration.ofMinutes(30);
    public static final PairWatch NOTHING = new PairWatch(Optional.empty(), Optional.empty());

    /// @param self    this host, in this life of its agent
    /// @param isHeard whether the other host is
    public PairWatch seen(VmRecord record, Replica self, boolean isHeard, Moment now) {
        boolean isAlone = record.wanted()
                && record.view().placement().equals(new Placement.Solo(self))
                && Pairing.isAlone(record);
        Optional<HostName> watched = record.spec().otherThan(self.host()).filter(_ -> isAlone);
        boolean isWell = isHeard && record.view().isWhole();
        if (watched.isEmpty() || isWell) {
            return NOTHING;
        }
        return watched.equals(other) ? this : new PairWatch(watched, Optional.of(now));
    }

    /// Whether another host is to take its place.
    ///
    /// @param isComing whether it is getting what it lacks
    public boolean isDue(Duration patience, boolean isComing, Moment now) {
        return !isComing
                && since.filter(at -> now.since(at).compareTo(patience) >= 0).isPresent();
    }
}
