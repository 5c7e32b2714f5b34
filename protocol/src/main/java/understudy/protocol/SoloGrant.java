package understudy.protocol;

import java.time.Duration;
import java.util.Optional;
import understudy.model.Moment;
import understudy.model.View;

/// What one host knows of a VM's standing solo grant, and makes of it ([GrantRules]).
///
/// @param wanted  whether the grant is to stand: it turns only when votes have been scarce, or not, for a while
/// @param turning since when they have been otherwise
/// @param alone   the view by which this host goes on alone without the ledger; it is written down
/// @param disk    what lies on this host's disk
/// @param under   the number of the view under which that was written; 0 if it cannot be read, or nothing is there
record SoloGrant(boolean wanted, Optional<Moment> turning, Optional<View> alone, OnDisk disk, long under) {

    /// This host's own word that it goes on alone, as far as it may be found by a later life.
    enum OnDisk {
        /// There is none.
        NOTHING,
        /// It is being written: it may be found or not.
        WRITING,
        WRITTEN,
        /// It is being erased: it may be found or not.
        ERASING
    }

    static SoloGrant none() {
        return new SoloGrant(false, Optional.empty(), Optional.empty(), OnDisk.NOTHING, 0);
    }

    /// Votes are scarce if the loss of the VM's other host would leave no majority.
    SoloGrant counted(boolean enough, Moment at) {
        boolean isOtherwise = wanted == enough;
        Optional<Moment> since = isOtherwise ? turning.or(() -> Optional.of(at)) : Optional.empty();
        return new SoloGrant(wanted, since, alone, disk, under);
    }

    SoloGrant turned(Duration grace, Duration back, Moment now) {
        Duration wait = wanted ? back : grace;
        boolean isDue =
                turning.filter(since -> now.since(since).compareTo(wait) >= 0).isPresent();
        return isDue ? new SoloGrant(!wanted, Optional.empty(), alone, disk, under) : this;
    }

    /// Whether this host went on alone, in this life or an earlier one.
    boolean wasAlone() {
        return disk == OnDisk.WRITTEN;
    }

    SoloGrant with(OnDisk next) {
        return new SoloGrant(wanted, turning, alone, next, next == OnDisk.NOTHING ? 0 : under);
    }

    /// It is being written under this view, or was found.
    SoloGrant with(OnDisk next, long view) {
        return new SoloGrant(wanted, turning, alone, next, view);
    }

    SoloGrant going(View by) {
        return new SoloGrant(wanted, turning, Optional.of(by), OnDisk.WRITTEN, under);
    }

    SoloGrant notAlone() {
        return new SoloGrant(wanted, turning, Optional.empty(), disk, under);
    }
}
