package understudy.agent;

import java.util.List;
import java.util.Optional;
import understudy.api.Checkpoints;
import understudy.api.Event.Severity;
import understudy.api.VmState;
import understudy.checkpoint.CheckpointStatistics;
import understudy.model.Replica;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.Part;
import understudy.protocol.Part.Booting;
import understudy.protocol.Part.Claiming;
import understudy.protocol.Part.Copying;
import understudy.protocol.Part.Dropping;
import understudy.protocol.Part.Found;
import understudy.protocol.Part.Halting;
import understudy.protocol.Part.HandingOver;
import understudy.protocol.Part.Holding;
import understudy.protocol.Part.Idle;
import understudy.protocol.Part.Outwaiting;
import understudy.protocol.Part.Protected;
import understudy.protocol.Part.Raising;
import understudy.protocol.Part.Receiving;
import understudy.protocol.Part.Resuming;
import understudy.protocol.Part.Running;
import understudy.protocol.Part.Starting;
import understudy.protocol.Part.Taking;
import understudy.protocol.Part.Yielding;
import understudy.protocol.PeerState;
import understudy.protocol.ViewInput;
import understudy.protocol.ViewState;

/// What a driver's state means to people.
final class DriverReport {
    private DriverReport() {}

    /// Something to be told when a part begins.
    record Transition(String kind, Severity severity, String text) {}

    /// What is known of the VM besides its part.
    ///
    /// @param isCopied    whether a standby is to have an image of it, by its level or because it is to be moved
    /// @param peerAnswers whether its other host is heard
    /// @param isWhole     whether all of its disks are in sync on both hosts
    record Outlook(boolean isCopied, boolean peerAnswers, boolean isWhole) {
        static Outlook of(ViewState state) {
            return new Outlook(
                    DriverReport.isCopied(state),
                    state.peer() instanceof PeerState.Up,
                    state.known().filter(it -> !it.view().isWhole()).isEmpty());
        }
    }

    /// @param trouble      why it does not run as it should; empty if nothing is wrong
    /// @param failedCopies of attempts to protect it; empty if none failed
    static VmReport of(
            VmSpec spec,
            Part part,
            String trouble,
            String failedCopies,
            Outlook outlook,
            Optional<Double> progress,
            Optional<CheckpointStatistics.Snapshot> statistics,
            List<VolumeReport> volumes,
            List<ReplicaReport> replicas) {
        return new VmReport(
                spec.id(),
                state(part, trouble),
                spec.isCopied() ? part instanceof Protected : isServing(part),
                reason(spec, part, trouble, failedCopies, outlook),
                progress,
                statistics.map(DriverReport::checkpoints),
                volumes,
                replicas);
    }

    static boolean isActive(Part part) {
        return switch (part) {
            case Booting _, Running _, Copying _, Raising _, Protected _, Dropping _, HandingOver _, Resuming _ -> true;
            case Halting _ -> true;
            case Idle _, Found _, Starting _, Taking _, Outwaiting _, Yielding _, Receiving _, Holding _, Claiming _ ->
                false;
        };
    }

    /// Its guest runs and what it writes is mirrored: what a level below `system` needs of its active host.
    private static boolean isServing(Part part) {
        return switch (part) {
            case Running _, Copying _, Raising _, Protected _, Dropping _, HandingOver _ -> true;
            case Idle _,
                    Found _,
                    Starting _,
                    Taking _,
                    Outwaiting _,
                    Booting _,
                    Yielding _,
                    Halting _,
                    Receiving _,
                    Holding _,
                    Claiming _,
                    Resuming _ -> false;
        };
    }

    private static VmState state(Part part, String trouble) {
        return switch (part) {
            case Running _, Copying _, Raising _, Protected _, Dropping _ -> VmState.RUNNING;
            case HandingOver _ -> VmState.PAUSED;
            case Idle _ -> trouble.isEmpty() ? VmState.STARTING : VmState.FAILED;
            case Found _,
                    Starting _,
                    Taking _,
                    Outwaiting _,
                    Booting _,
                    Yielding _,
                    Receiving _,
                    Holding _,
                    Claiming _,
                    Resuming _ -> VmState.STARTING;
            case Halting _ -> VmState.RUNNING;
        };
    }

    private static String reason(VmSpec spec, Part part, String trouble, String failedCopies, Outlook outlook) {
        return switch (part) {
            case Protected _ -> outlook.isWhole() ? "" : "a disk of it is on one host only";
            case Copying _ -> with("its memory is being copied to the standby", failedCopies);
            case Raising _ -> "the pair is being recorded in the ledger";
            case Dropping _ when !outlook.isCopied() -> "its standby gives up the copy of its memory";
            case Dropping _ -> "its standby is lost";
            case HandingOver _ -> "it is being handed over to its standby";
            case Halting _ -> "it is shutting down";
            case Taking _ -> "its active host is lost; this one takes over";
            case Outwaiting _ -> "it starts when its former host's lease has run out";
            case Running _ when !outlook.isCopied() -> trouble;
            case Running _ when spec.hosts().size() < 2 -> "it may run on one host only";
            case Running _ when !outlook.peerAnswers() -> "its other host does not answer";
            case Running _ when !outlook.isWhole() -> "its disks are not in sync on both hosts yet";
            case Running _ -> with("its memory is about to be copied to the standby", failedCopies);
            case Idle _, Found _, Starting _, Booting _, Yielding _, Receiving _, Holding _, Claiming _, Resuming _ ->
                trouble;
        };
    }

    private static String with(String text, String more) {
        return more.isEmpty() ? text : text + " (" + more + ")";
    }

    private static Checkpoints checkpoints(CheckpointStatistics.Snapshot it) {
        return new Checkpoints(
                it.epoch(),
                it.perSecond(),
                it.pauseP50Millis(),
                it.pauseP99Millis(),
                it.pausedShare(),
                it.pagesP50(),
                it.bytesPerCheckpoint(),
                it.gateWaitP50Millis(),
                it.verifiedPages(),
                it.verifyFailures(),
                it.pagesPerSecond(),
                it.behindMillis());
    }

    /// The event that a change of parts is, if people care for it.
    static Optional<Transition> transition(VmName vm, Part before, ViewState after, ViewInput because) {
        String view = "view " + after.number();
        return switch (after.part()) {
            case Protected(var standby) ->
                info("protected", "%s is protected; standby %s (%s)".formatted(vm, standby.host(), view));
            case Dropping _
            when !isCopied(after) ->
                info("standby-released", "%s needs no standby at its level; it goes on alone".formatted(vm));
            case Dropping _ ->
                warning("standby-lost", "the standby of %s is lost (%s); it goes on alone".formatted(vm, why(because)));
            case Taking _ -> warning("takeover", "the active of %s is lost; takes over".formatted(vm));
            case Outwaiting _ ->
                info("lease-wait", "%s starts here when no other host's lease can run (%s)".formatted(vm, view));
            case Claiming _ -> warning("takeover", "the active of %s is lost; takes over".formatted(vm));
            case Copying(var standby) -> info("copying", "copies %s to %s".formatted(vm, standby.host()));
            case Booting _ when before instanceof Found -> info("adopted", vm + " was found running (" + view + ")");
            case Booting _ -> info("starting", vm + " starts (" + view + ")");
            case Running _ when before instanceof Resuming -> info("running", vm + " runs here now (" + view + ")");
            case Running _ when before instanceof Booting -> info("running", vm + " runs (" + view + ")");
            case Running _
            when before instanceof Copying
                    && !(because instanceof ViewInput.StreamBroken || because instanceof ViewInput.StandbyTooSlow) ->
                info("copy-failed", "the copy of %s was given up: %s".formatted(vm, why(because)));
            case Running _
            when before instanceof Dropping && !isCopied(after) ->
                info("running", vm + " runs, and its memory is not copied any more (" + view + ")");
            case Running _
            when before instanceof Dropping -> warning("unprotected", vm + " runs without a standby (" + view + ")");
            case HandingOver _ -> info("switchover", vm + " is handed over to its standby");
            case Yielding _ -> warning("yielding", "QEMU of %s died; its standby goes on".formatted(vm));
            case Halting _
            when because instanceof ViewInput.ReplicaFailed ->
                warning("disk-left", "a disk of %s failed here; it starts on its other host (%s)".formatted(vm, view));
            case Idle _ when before instanceof Halting -> info("stopped", vm + " is stopped (" + view + ")");
            case Idle _
            when isActive(before) || before instanceof Found ->
                warning("deposed", vm + " is not run here any more (" + view + ")");
            case Holding _ -> info("image", "holds a whole image of " + vm);
            case Resuming _ -> info("resuming", "goes on with %s from its image (%s)".formatted(vm, view));
            case Idle _, Found _, Starting _, Running _, Raising _, Halting _, Receiving _ -> Optional.empty();
        };
    }

    private static boolean isCopied(ViewState state) {
        return state.known().filter(VmRecord::isCopied).isPresent();
    }

    /// What is told of a solo grant, by the host that runs the VM.
    static Optional<Transition> grant(ViewState before, ViewState after, Replica self) {
        if (after.known().isEmpty() || !after.known().get().view().isActive(self.host())) {
            return Optional.empty();
        }
        VmName vm = after.known().get().spec().name();
        if (!before.isAlone() && after.isAlone()) {
            return warning("alone", vm + " goes on alone: its other host is lost, and nobody is left to decide");
        }
        boolean stood = before.known().filter(it -> it.view().soloGrant()).isPresent();
        boolean stands = after.known().get().view().soloGrant();
        String view = "view " + after.number();
        if (!stood && stands) {
            return warning(
                    "solo-grant",
                    "too few voters are left: only %s may go on with %s (%s)".formatted(self.host(), vm, view));
        }
        return stood && !stands
                ? info("solo-grant-ended", "%s may go on with its other host again (%s)".formatted(vm, view))
                : Optional.empty();
    }

    private static String why(ViewInput because) {
        return switch (because) {
            case ViewInput.PeerLost _ -> "its host is silent";
            case ViewInput.PeerHeard _ -> "its agent was restarted";
            case ViewInput.StreamBroken _ -> "the connection broke";
            case ViewInput.StandbyTooSlow _ -> "it is too slow";
            default -> because.getClass().getSimpleName();
        };
    }

    private static Optional<Transition> info(String kind, String text) {
        return Optional.of(new Transition(kind, Severity.INFO, text));
    }

    private static Optional<Transition> warning(String kind, String text) {
        return Optional.of(new Transition(kind, Severity.WARNING, text));
    }
}
