package understudy.checkpoint;

import understudy.qemu.QemuProcess;
import understudy.qemu.Qmp;

/// One QEMU of a VM, as this package needs it.
///
/// @param ramBytes length of its RAM file
public record GuestHandle(QemuProcess process, Qmp qmp, long ramBytes) {}
