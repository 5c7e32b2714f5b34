package understudy.agent.rest;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import understudy.api.ClusterStatus;
import understudy.api.Event;
import understudy.api.ForceStartPlan;
import understudy.api.HostStatus;
import understudy.api.ResyncTerms;
import understudy.api.RuleStatus;
import understudy.api.VmRequest;
import understudy.api.VmStatus;
import understudy.api.VolumePieces;
import understudy.api.VolumeStatus;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.PlacementRule;
import understudy.model.Problem;
import understudy.model.VmName;

/// What the daemon does for callers of the REST API.
///
/// Called on virtual threads, by many at once; every method may block, up to a minute. All refuse by throwing
/// [Problem.Refused]; [HttpStatus] says which code becomes which HTTP status. Anything else that is thrown is
/// taken for a bug, logged, and answered with `internal`.
public interface Control {
    /// All VMs of the cluster, by name.
    List<VmStatus> vms();

    /// @throws Problem.Refused with `no-such-vm`
    VmStatus vm(VmName name);

    /// Records a VM and, unless it is to stay stopped, lets it be started. Returns when the ledger has it, not
    /// when its guest runs.
    ///
    /// @throws Problem.Refused with `vm-name-taken`, `no-such-file`, `no-such-host`, `no-quorum`, or why it
    /// cannot be held
    VmStatus create(VmRequest request);

    /// Wants it to run. No mistake if it is so already.
    VmStatus start(VmName name);

    /// Wants it not to run. No mistake if it is so already.
    ///
    /// @param force whether its guest is not asked
    VmStatus stop(VmName name, boolean force);

    /// Wants a VM that runs to go on, running, on another host; [VmStatus#movingTo] says where to, until it
    /// does. Below level `system` it is copied for that first. A host that is none of the VM's takes the
    /// place of its other one before, and gets its disks.
    ///
    /// @param from the host that it is to leave: if another one runs it, nothing is done
    /// @param to   its other host if empty
    /// @throws Problem.Refused with `not-protected` if there is no standby that could, `vm-not-running`,
    ///     `not-movable`, or why `to` cannot become one of its hosts
    VmStatus switchover(VmName name, Optional<HostName> from, Optional<HostName> to);

    /// Wants it to stay where it is, if it has not been handed over yet.
    VmStatus stay(VmName name);

    /// Changes the level of a VM, whether it runs or not; [VmStatus#isProtected] says when it has what that promises.
    ///
    /// @throws Problem.Refused with `level-not-available`
    VmStatus protect(VmName name, Level level);

    /// What a forced start of a VM would begin from and cost.
    ///
    /// @param host where; empty for the only host on which it can be forced
    /// @throws Problem.Refused with `nothing-to-force`, `vm-runs`, `host-lives`, `better-host-up`, `host-lost`,
    ///     `no-replica` or `name-a-host`
    ForceStartPlan forceStartPlan(VmName name, Optional<HostName> host);

    /// Has a VM go on from what one host has, although another one has more, or may have. Audited.
    ///
    /// @param view    of the plan that was shown
    /// @param confirm the VM's name, typed again
    /// @param by      who asks, as far as it is known
    /// @throws Problem.Refused as [#forceStartPlan], or with `not-confirmed` or `view-changed`
    VmStatus forceStart(VmName name, HostName host, long view, String confirm, String by);

    /// Forgets a VM that is stopped.
    ///
    /// @return what it was
    /// @throws Problem.Refused with `vm-runs`
    VmStatus delete(VmName name);

    /// All volumes of the cluster, by VM and disk.
    List<VolumeStatus> volumes();

    /// @throws Problem.Refused with `no-such-vm` or `no-such-volume`
    VolumeStatus volume(VmName vm, String disk);

    /// Makes a disk of a stopped VM larger.
    ///
    /// @throws Problem.Refused with `vm-not-stopped` or `volume-shrinks`
    VolumeStatus grow(VmName vm, String disk, ByteSize size);

    /// Begins a scrub of a volume whose VM runs, and returns; [VolumeStatus#scrub] says how it goes on.
    ///
    /// @throws Problem.Refused with `vm-not-running` or `scrub-runs`
    VolumeStatus scrub(VmName vm, String disk);

    /// Changes how replicas of a volume are brought back, while its VM runs.
    ///
    /// @throws Problem.Refused with `vm-not-running`
    VolumeStatus resync(VmName vm, String disk, ResyncTerms terms);

    /// Hands over all that a volume of a stopped VM holds; takes as long as that takes.
    ///
    /// @throws Problem.Refused with `vm-not-stopped` or `no-replica`; or, when pieces were handed over already,
    ///     why there will be no end
    /// @throws IOException if the sink throws it
    void export(VmName vm, String disk, VolumePieces.Sink sink) throws IOException;

    /// All hosts and witnesses, by name.
    List<HostStatus> hosts();

    /// Puts a host into maintenance, or ends that. While it lasts VMs that run there are moved away as soon as they can
    /// be. Returns when that is recorded.
    ///
    /// @throws Problem.Refused with `no-such-host`
    HostStatus maintain(HostName host, boolean on);

    /// Forgets a host or a witness that is gone for good. It is there again if its agent starts.
    ///
    /// @return what was known of it
    /// @throws Problem.Refused with `no-such-host`, `host-in-use`, or `host-is-up`
    HostStatus removeHost(HostName host);

    /// All rules for the hosts of VMs.
    List<RuleStatus> rules();

    /// Says what is wanted of the hosts of two VMs, in the place of what was. VMs that exist stay where they are.
    ///
    /// @throws Problem.Refused with `cluster-full`
    RuleStatus setRule(PlacementRule rule);

    /// Forgets it.
    ///
    /// @throws Problem.Refused with `no-such-rule`
    RuleStatus removeRule(VmName vm, VmName other);

    ClusterStatus status();

    /// Kept events with a sequence number above `after`, oldest first. Numbers go on rising when the agent starts
    /// anew (say, from the time of its start in microseconds): who follows remembers them.
    ///
    /// @param after 0 or more
    /// @param limit 1 to 1000
    List<Event> events(long after, int limit);

    /// Hands every new event to a consumer, in order and without a gap to [#events], until it is closed.
    ///
    /// @param consumer never blocks; may be called from any thread, one at a time
    AutoCloseable follow(Consumer<Event> consumer);

    /// Keeps a file under the name of its content. A file whose content cannot be read to the end is not kept.
    ///
    /// @param content at most 16 GiB; closed by the caller
    /// @return SHA-256 of what was read, 64 lower-case hexadecimal digits
    /// @throws IOException if `content` cannot be read (the caller's connection broke) or not be written
    String store(InputStream content) throws IOException;

    /// Whether a file is kept.
    ///
    /// @param sha256 64 lower-case hexadecimal digits
    boolean holds(String sha256);
}
