package understudy.model;

import java.util.Optional;

/// All that the ledger holds of one VM.
///
/// @param wanted      whether its users want it to run
/// @param failure     why the cluster itself gave it up; only while it is not wanted, and until its users say again
///                    what they want
/// @param destination the host to which it is to be moved, running; only while it is wanted, and not one that runs it
///                    already. It may be none of the VM's hosts: then it takes the place of one first
/// @param wish        how often its users have said, since it was created, whether it is to run: what ends one wish
/// does
///                    not end the next
/// @param revision    goes up by one with every change of the record, so that of two copies the newer one can be
///                    told
public record VmRecord(
        VmSpec spec,
        boolean wanted,
        Optional<String> failure,
        Optional<HostName> destination,
        View view,
        long wish,
        long revision) {

    public VmRecord {
        if (wanted && failure.isPresent()) {
            throw new IllegalArgumentException(spec.name() + " is wanted and given up");
        }
        if (destination.isPresent() && !wanted) {
            throw new IllegalArgumentException(spec.name() + " is not wanted and to be moved");
        }
        if (destination.filter(view::isActive).isPresent()) {
            throw new IllegalArgumentException(spec.name() + " is to be moved to where it runs");
        }
    }

    /// A VM that nobody gave up, and that is to stay where it is.
    public VmRecord(VmSpec spec, boolean wanted, View view, long revision) {
        this(spec, wanted, Optional.empty(), Optional.empty(), view, 0, revision);
    }

    /// A VM that was just created.
    public VmRecord(VmSpec spec, boolean wanted, View view) {
        this(spec, wanted, view, 1);
    }

    /// Whether a standby is to have an image of it: its level asks for that, or it is to be moved.
    public boolean isCopied() {
        return replaced().isEmpty()
                && (spec.isCopied()
                        || destination.filter(spec.hosts()::contains).isPresent());
    }

    /// The host to which it is to be moved, if that is none of its own yet.
    public Optional<HostName> newHost() {
        return destination.filter(to -> !spec.hosts().contains(to));
    }

    /// The host in whose place another one is to come, because the VM is to be moved to that. Empty while nobody runs
    /// it, or the disks of who does are not in sync: then the other host is needed.
    public Optional<HostName> replaced() {
        return newHost()
                .flatMap(_ -> view.placement().activeReplica())
                .map(Replica::host)
                .filter(view::isInSync)
                .flatMap(spec::otherThan);
    }

    /// It has been moved when its destination runs it, however that came about.
    public VmRecord withView(View next) {
        Optional<HostName> left = destination.filter(host -> !next.isActive(host));
        return new VmRecord(spec, wanted, failure, left, next, wish, revision + 1);
    }

    public VmRecord withSpec(VmSpec changed) {
        return new VmRecord(changed, wanted, failure, destination, view, wish, revision + 1);
    }

    /// With another host in the place of one that does not run it. Who is to be moved there stays.
    public VmRecord withPair(VmSpec changed, View next) {
        Optional<HostName> left = destination.filter(changed.hosts()::contains);
        return new VmRecord(changed, wanted, failure, left, next, wish, revision + 1);
    }

    /// Its users say whether it is to run. Who wants it to stop wants it nowhere else.
    public VmRecord withWanted(boolean running) {
        Optional<HostName> left = destination.filter(_ -> running);
        return new VmRecord(spec, running, Optional.empty(), left, view, wish + 1, revision + 1);
    }

    /// @param to empty if it is to stay where it is
    public VmRecord withDestination(Optional<HostName> to) {
        return new VmRecord(spec, wanted, failure, to, view, wish, revision + 1);
    }

    /// Nobody is to run it until its users ask again.
    ///
    /// @param reason if the cluster gave it up; empty if its guest switched itself off
    public VmRecord ended(Optional<String> reason) {
        return new VmRecord(spec, false, reason, Optional.empty(), view, wish, revision + 1);
    }
}
