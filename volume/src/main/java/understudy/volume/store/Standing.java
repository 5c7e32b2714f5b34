package understudy.volume.store;

import java.util.Optional;
import java.util.UUID;

/// What a replica knows of itself: a memory, which the ledger overrules.
///
/// @param view     the view in which it was last known in sync; 0 if never
/// @param inSync   whether nothing since has said that it is not
/// @param full     whether its content is no version of the volume, so that only a full copy mends it
/// @param tracking what its dirty map counts, if it does
public record Standing(long view, boolean inSync, boolean full, Optional<Tracking> tracking) {

    /// A new replica: in no view yet.
    public static final Standing FRESH = new Standing(0, false, false, Optional.empty());

    public Standing {
        if (view < 0 || (inSync && full)) {
            throw new IllegalArgumentException("no standing: view " + view + ", in sync and to be copied in full");
        }
    }

    /// The dirty map counts what was written since `view` and the peer lacks.
    ///
    /// @param peer the replica that lacks it
    public record Tracking(UUID peer, long view) {}

    /// The same, in sync in this view.
    public Standing inSyncIn(long newView) {
        return new Standing(newView, true, false, tracking);
    }

    /// The same, no more in sync.
    public Standing outOfSync() {
        return new Standing(view, false, full, tracking);
    }

    /// The same, with a content that is no version of the volume.
    public Standing incomplete() {
        return new Standing(view, false, true, tracking);
    }

    /// The same, its dirty map counting for this peer. A map that counts for it already goes on with its view.
    public Standing tracking(UUID peer, long since) {
        boolean counts = tracking.filter(now -> now.peer().equals(peer)).isPresent();
        return counts ? this : new Standing(view, inSync, full, Optional.of(new Tracking(peer, since)));
    }

    /// The same, with a dirty map that counts for nobody.
    public Standing untracked() {
        return new Standing(view, inSync, full, Optional.empty());
    }
}
