package understudy.volume.mirror;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// The ledger's record of a volume's replicas.
///
/// @param number   goes up by one
/// @param inSync   never empty
/// @param proposal names who proposed it, so that a lost answer can be told from a lost race
public record VolumeView(long number, List<Member> inSync, UUID proposal) {

    public VolumeView {
        inSync = List.copyOf(inSync);
        if (number < 1 || inSync.isEmpty() || inSync.size() > 2) {
            throw new IllegalArgumentException("no view: number " + number + ", in sync " + inSync);
        }
    }

    /// The start of a host of which no more is known than that it once was.
    public static final UUID UNKNOWN_BOOT = new UUID(0, 0);

    /// A replica in sync.
    ///
    /// @param boot the start of its host in which it was: a host that was started anew may have lost what it
    ///     had not written to its disk (design, section 3.1, rule 1)
    public record Member(UUID replica, UUID boot) {}

    public Optional<Member> member(UUID replica) {
        return inSync.stream().filter(one -> one.replica().equals(replica)).findFirst();
    }

    /// Another one than this.
    public Optional<Member> memberBeside(UUID replica) {
        return inSync.stream().filter(one -> !one.replica().equals(replica)).findFirst();
    }
}
