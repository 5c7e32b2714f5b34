package understudy.api;

import java.time.Instant;
import java.util.Optional;
import understudy.model.HostName;

/// A scrub of a volume that is under way, or the last one: everything is read and verified, on both hosts if both
/// are in sync, and what is corrupt on one is mended from the other. Blocks are of 4 KiB.
///
/// @param host      that ran the VM, and the scrub
/// @param ended     none while it is under way
/// @param progress  in [0, 1]
/// @param compared  whether there were two replicas in sync to compare
/// @param corrupt   blocks that were corrupt on `host`
/// @param peer      blocks that were corrupt on the other host
/// @param differing blocks that were sound on both and differed; the other host has that of `host` now
/// @param unmended  of all these, blocks without any good copy
/// @param trouble   why it did not come to its end; empty if it did
public record Scrub(
        HostName host,
        Instant began,
        Optional<Instant> ended,
        double progress,
        boolean compared,
        long corrupt,
        long peer,
        long differing,
        long unmended,
        String trouble) {

    public static Scrub begun(HostName host, Instant now) {
        return new Scrub(host, now, Optional.empty(), 0, false, 0, 0, 0, 0, "");
    }

    public Scrub at(double share) {
        return new Scrub(host, began, ended, share, compared, corrupt, peer, differing, unmended, trouble);
    }

    /// It did not come to its end.
    public Scrub failed(Instant now, String why) {
        return new Scrub(host, began, Optional.of(now), progress, compared, corrupt, peer, differing, unmended, why);
    }

    /// Everything that was found wrong.
    public long found() {
        return corrupt + peer + differing;
    }

    /// Whether it came to its end, on both replicas.
    public boolean endedOnBoth() {
        return ended.isPresent() && trouble.isEmpty() && compared;
    }

    /// Whether it came to its end, and everything is well after it.
    public boolean endedWell() {
        return ended.isPresent() && trouble.isEmpty() && unmended == 0;
    }
}
