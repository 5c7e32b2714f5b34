package understudy.lab;

import java.nio.file.Path;

/// The lab's guest: a small real Linux that lives in memory, for a VM without disks.
///
/// Its address comes from the kernel's command line: `console=ttyS0 address=10.77.0.10/24`. It prints
/// `GUEST-UP` and then a tick a second on the serial console, and serves echo (TCP and UDP 7), discard (TCP 9),
/// a source of bytes (TCP 19) and a shell (TCP 23); in that, `load dirty MIB_PER_S [MIB]` and `load spin` are
/// the loads.
public record LabGuest(Path kernel, Path initrd) {
    /// What to give the kernel so that the guest has `address`, for instance `10.77.0.10/24`.
    public static String commandLine(String address) {
        return "console=ttyS0 quiet panic=1 address=" + address;
    }
}
