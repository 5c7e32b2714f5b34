package understudy.agent;

import java.util.Optional;
import understudy.api.Scrub;
import understudy.api.VmState;
import understudy.api.VolumeState;
import understudy.api.VolumeStatus;
import understudy.model.VmRecord;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;

/// What the ledger and the active host together say of a volume.
final class VolumeStatuses {
    private VolumeStatuses() {}

    /// @param report what the VM's active host said last, if that is not long ago
    /// @param scrub  the newest of which any host tells
    static VolumeStatus of(VmRecord vm, VolumeSpec disk, Optional<VmReport> report, Optional<Scrub> scrub) {
        VolumeView view = vm.view().volume(disk.id()).orElseThrow();
        Optional<VolumeReport> told = report.flatMap(it -> it.volumes().stream()
                .filter(volume -> volume.volume().equals(disk.id()))
                .findFirst());
        boolean waits = told.filter(VolumeReport::isWaiting).isPresent();
        Optional<Double> progress = told.flatMap(VolumeReport::progress);
        VolumeState state = waits
                ? VolumeState.WAITING
                : view.isWhole()
                        ? VolumeState.IN_SYNC
                        : progress.isPresent() ? VolumeState.RESYNCING : VolumeState.DEGRADED;
        return new VolumeStatus(
                vm.spec().name(),
                disk.name(),
                disk.id(),
                disk.size(),
                state,
                view.replicas(),
                reason(view, told, report),
                progress,
                told.flatMap(VolumeReport::resync),
                scrub);
    }

    private static String reason(VolumeView view, Optional<VolumeReport> told, Optional<VmReport> report) {
        if (view.isWhole()) {
            return told.map(VolumeReport::reason).orElse("");
        }
        boolean runs = report.filter(it -> it.state() == VmState.RUNNING).isPresent();
        String plain = runs ? "it is " + view : "it is " + view + "; replicas come back while the VM runs";
        return told.map(VolumeReport::reason).filter(text -> !text.isEmpty()).orElse(plain);
    }
}
