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
/// than another would begin with. So is one that was just now: links break, and agents are started anew. But the time
/// is counted from when the VM had all that it needs last, so that one that comes and goes does not put it off; and of
/// comings that soon came to nothing only some are waited for.
///
/// @param other  the host that is watched; empty where there is nothing to watch
/// @param since  when it was first seen to be away or to lack something
/// @param isHeard whether it was heard when it was seen last
/// @param coming since when it has been getting what it lacks, if it was when it was seen last
/// @param came   when it was last seen to come back, or to get what it lacks, as far as that is waited for
/// @param vain   how often it did, since it did for long last
public record PairWatch(
        Optional<HostName> other,
        Optional<Moment> since,
        boolean isHeard,
        Optional<Moment> coming,
        Optional<Moment> came,
        int vain) {
    /// Longer than a host takes to start again, or to get a new cable.
    public static final Duration PATIENCE = Duration.ofMinutes(30);
    /// Who is back may take as long to begin to get what it lacks, or to go on after a link broke.
    private static final Duration GRACE = Duration.ofMinutes(2);
    /// A disk that fills up, say, fails every time.
    private static final int VAIN_MAX = 5;

    public static final PairWatch NOTHING =
            new PairWatch(Optional.empty(), Optional.empty(), false, Optional.empty(), Optional.empty(), 0);

    /// @param self     this host, in this life of its agent
    /// @param heard    whether the other host is
    /// @param isComing whether it is getting what it lacks, of disks or memory
    public PairWatch seen(VmRecord record, Replica self, boolean heard, boolean isComing, Moment now) {
        boolean isAlone = record.wanted() && record.view().placement().equals(new Placement.Solo(self));
        Optional<HostName> watched = record.spec().otherThan(self.host()).filter(_ -> isAlone);
        boolean isWell = heard && record.view().isWhole() && !record.spec().isCopied();
        if (watched.isEmpty() || isWell) {
            return NOTHING;
        }
        PairWatch before = watched.equals(other)
                ? this
                : new PairWatch(watched, Optional.of(now), heard, Optional.empty(), Optional.empty(), 0);
        return before.seen(heard, isComing, now);
    }

    private PairWatch seen(boolean heard, boolean is, Moment now) {
        boolean begins = is ? coming.isEmpty() : heard && !isHeard;
        Optional<Moment> begun = is ? coming.or(() -> Optional.of(now)) : Optional.empty();
        boolean isLong = begun.filter(at -> now.since(at).compareTo(GRACE) >= 0).isPresent();
        int tries = isLong ? 0 : begins ? vain + 1 : vain;
        boolean isWaitedFor = (is || begins) && tries <= VAIN_MAX;
        return new PairWatch(other, since, heard, begun, isWaitedFor ? Optional.of(now) : came, tries);
    }

    /// Whether another host is to take its place.
    public boolean isDue(VmRecord record, Duration patience, Moment now) {
        Duration grace = patience.compareTo(GRACE) < 0 ? patience : GRACE;
        return Pairing.isAlone(record)
                && since.filter(at -> now.since(at).compareTo(patience) >= 0).isPresent()
                && came.filter(at -> now.since(at).compareTo(grace) < 0).isEmpty();
    }
}
