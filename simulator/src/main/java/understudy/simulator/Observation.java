package understudy.simulator;

import java.util.List;
import java.util.SortedMap;
import understudy.model.HostName;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.simulator.Branch.Point;

/// What an observer who sees everything sees happen to one VM; the checkers judge it.
sealed interface Observation {
    VmId vm();

    /// A frame reached the network.
    record FrameLeft(VmId vm, HostName host, Point frame) implements Observation {}

    /// Everything leaves a guest from now on.
    record GateOpened(VmId vm, HostName host) implements Observation {}

    /// A guest begins from its boot files.
    record GuestBooted(VmId vm, HostName host, Branch branch) implements Observation {}

    /// A guest goes on from an image.
    record ImageResumed(VmId vm, HostName host, Branch branch) implements Observation {}

    /// A guest was ended by an agent, or by whoever starts one, and not by a fault.
    ///
    /// @param isFound whether its agent had died, and no later life had taken it up
    /// @param isKept  whether what it wrote last was in the memory of its agent only
    record GuestEnded(VmId vm, HostName host, boolean isFound, boolean isKept, String why) implements Observation {}

    /// A standby holds the whole of an epoch that ended at `end`.
    record EpochHeld(VmId vm, Replica standby, Point end) implements Observation {}

    /// A VM got its hosts, or another host came to it in the place of one.
    ///
    /// @param isNamed whether somebody named them, or the one that came
    record PairChosen(VmId vm, List<HostName> hosts, boolean isNamed) implements Observation {
        public PairChosen {
            hosts = List.copyOf(hosts);
        }
    }

    /// A host asks for a view.
    record ViewProposed(VmId vm, View view) implements Observation {}

    /// The ledger changed the view.
    record ViewAccepted(VmId vm, VmRecord before, View view) implements Observation {}

    /// An operator changed the view, so that a VM goes on from what this host has.
    record StartForced(VmId vm, HostName host, View view) implements Observation {}

    /// The ledger refused a view that could never be accepted.
    record ProposalRefused(VmId vm, String message) implements Observation {}

    /// A write was answered.
    record WriteAcknowledged(VmId vm, VolumeId volume, int block, long content, long issuedAt) implements Observation {}

    /// A flush was answered.
    ///
    /// @param covered what it is to have made durable, by block
    record FlushAcknowledged(VmId vm, VolumeId volume, SortedMap<Integer, Long> covered, long issuedAt)
            implements Observation {}

    /// A flush of a guest of a pair was answered, and no disk has carried it out yet.
    ///
    /// @param at from where on the guest knows it
    record FlushKept(VmId vm, VolumeId volume, Point at, SortedMap<Integer, Long> covered, long issuedAt)
            implements Observation {}

    /// A guest read a block of which it knows what it should hold.
    record BlockRecalled(
            VmId vm, VolumeId volume, HostName host, long began, int block, DiskMemory.Known known, long found)
            implements Observation {}

    /// A guest that was booted read a block for the first time, and had not written it.
    ///
    /// @param at from where on the guest knows it
    record BlockFound(VmId vm, VolumeId volume, Point at, int block, long content) implements Observation {}

    /// A guest on one host read a block, from the same or another one's replica.
    record BlockRead(VmId vm, VolumeId volume, HostName reader, HostName source, int block, long content)
            implements Observation {}
}
