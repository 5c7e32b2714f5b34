package understudy.simulator.scenario;

import java.util.List;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.simulator.ClusterPlan.VmPlan;

/// Something that happens to a cluster, or that somebody asks of it.
public sealed interface Command {

    /// Power losses, all at the same moment.
    record PowerOff(List<HostName> nodes) implements Command {
        public PowerOff {
            nodes = List.copyOf(nodes);
        }
    }

    record PowerOn(List<HostName> nodes) implements Command {
        public PowerOn {
            nodes = List.copyOf(nodes);
        }
    }

    /// Its operating system ends everything in order, and switches it off.
    record ShutDown(HostName host) implements Command {}

    /// The same, and it comes back.
    record Reboot(HostName host) implements Command {}

    /// Nothing passes between these and all others.
    record CutOff(List<HostName> nodes) implements Command {
        public CutOff {
            nodes = List.copyOf(nodes);
        }
    }

    record Cut(HostName one, HostName other) implements Command {}

    /// What the first sends to the other is lost; not what the other sends.
    record CutOneWay(HostName from, HostName to) implements Command {}

    /// All ways of these work again.
    record Restore(List<HostName> nodes) implements Command {
        public Restore {
            nodes = List.copyOf(nodes);
        }
    }

    record RestoreBetween(HostName one, HostName other) implements Command {}

    /// It stays dead.
    record KillAgent(HostName node) implements Command {}

    record StartAgent(HostName node) implements Command {}

    /// It is killed, and its supervisor starts it again.
    record RestartAgent(HostName node) implements Command {}

    record PauseAgent(HostName node) implements Command {}

    record ResumeAgent(HostName node) implements Command {}

    record CrashGuest(VmId vm, VmName name) implements Command {}

    /// Every read and write fails.
    record FailDisk(HostName host) implements Command {}

    /// Every read and write takes long.
    record SlowDisk(HostName host) implements Command {}

    /// No read or write comes back.
    record HangDisk(HostName host) implements Command {}

    /// As it was.
    record RepairDisk(HostName host) implements Command {}

    /// By an empty one.
    record ReplaceDisk(HostName host) implements Command {}

    /// By a machine of the same name with an empty disk, switched off.
    record ReplaceHost(HostName host) implements Command {}

    record Start(VmId vm) implements Command {}

    /// An operator has it go on from what this host has.
    record ForceStart(VmId vm, HostName host) implements Command {}

    record Stop(VmId vm) implements Command {}

    record Delete(VmId vm) implements Command {}

    record Protect(VmId vm, Level level) implements Command {}

    record SwitchOver(VmId vm) implements Command {}

    record Relocate(VmId vm, HostName host) implements Command {}

    /// A user has its VMs moved away once, before it is shut down.
    record HandOver(HostName host) implements Command {}

    record Maintain(HostName host, boolean on) implements Command {}

    record Add(VmPlan vm) implements Command {}
}
