package understudy.qemu;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.Hardware;
import understudy.model.Hardware.Clock;
import understudy.model.Hardware.Devices;
import understudy.model.MacAddress;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.model.VolumeSpec;

/// The command that starts one QEMU for a VM. Active and standby differ in paths and in `-incoming` only:
/// whatever the guest or the saved state could show must be equal on both hosts.
///
/// Of what could be left out, what costs checkpoints is left out (measured with a Linux guest of 256 MiB and
/// one NIC on QEMU 7.2: the default q35 saves 79 kB and stands still for 0.84 ms at the median, this one 25
/// kB and 0.52 ms):
/// - virtio devices speak the legacy interface only (`disable-modern`): the modern one saves 1024 queues of a
///   device, 45 kB that are nearly all zero. Every virtio driver since 2008 speaks it;
/// - no HPET, SATA, USB, SMBus, VMware port, SMM.
///
/// [Hardware] adds what a guest has no other drivers for, at a price: SATA disks, e1000 cards, a screen.
///
/// Disks are network block devices that the agent serves on a UNIX socket, one export each:
/// - QEMU outlives its agent, so it dials again for as long as it takes (`reconnect-delay` of ten years: there
/// is no endless one) and meanwhile keeps the guest's requests;
/// - the guest sees a disk with a volatile cache (`write-cache=on`) and its flushes reach the agent; the host's
/// page cache has no part in it (`cache.direct=on`);
/// - a request that fails is told to the guest (`werror=report`, `rerror=report`), as a real disk tells of a
/// bad block. The agent answers so only where no replica has good data; all else it waits out. `stop` would
/// stand the guest still for one bad block, with nobody to let it go on.
///
/// - their geometry is told: QEMU would else read the first block to guess it, which a standby's has nothing to read
/// from, and the two would differ.
///
/// A guest that powers off leaves QEMU behind, stopped (`-no-shutdown`), so that an agent that was away
/// learns of it.
///
/// @param arguments the program first
/// @param ram       the shared file that holds the guest's RAM; QEMU makes it if it is missing
public record QemuCommand(List<String> arguments, VmId vm, Role role, InstanceDirectory directory, Path ram) {

    /// By which a guest says that it crashed.
    static final String CRASH_DEVICE = "pvpanic";

    static final String WATCHDOG_DEVICE = "i6300esb";

    private static final String LEGACY_ONLY = ",disable-modern=on";

    /// What Windows makes use of, and every KVM since Linux 4.10 has.
    private static final String HYPER_V =
            ",hv-relaxed,hv-vapic,hv-spinlocks=0x1fff,hv-vpindex,hv-runtime,hv-time,hv-synic,hv-stimer,hv-frequencies";

    private static final int HEADS = 16;
    private static final int SECTORS = 63;
    private static final int CYLINDERS_MAX = 16383;

    private static final long RECONNECT_SECONDS = Duration.ofDays(3650).toSeconds();

    /// How long a QEMU that starts waits for the agent's socket.
    private static final long OPEN_SECONDS = 10;

    public enum Role {
        /// Boots the guest.
        ACTIVE,
        /// Waits for an incoming stream.
        STANDBY
    }

    public QemuCommand {
        arguments = List.copyOf(arguments);
    }

    /// @param program such as `qemu-system-x86_64`
    /// @param files   where this host has the files that the specification names by their content
    public static QemuCommand of(
            String program,
            VmSpec spec,
            Role role,
            Accelerator accelerator,
            InstanceDirectory directory,
            Path ram,
            Function<String, Path> files) {
        Hardware hardware = spec.hardware();
        List<String> arguments = new ArrayList<>(List.of(program));
        machine(arguments, spec, accelerator, ram);
        nothingByDefault(arguments);
        sockets(arguments, directory);
        for (int nic = 0; nic < spec.nics().size(); nic++) {
            network(arguments, nic, spec.nics().get(nic), hardware.devices(), directory);
        }
        if (hasSata(spec)) {
            arguments.addAll(List.of("-device", "ich9-ahci,id=sata"));
        }
        for (int disk = 0; disk < spec.disks().size(); disk++) {
            disk(arguments, disk, spec.disks().get(disk), hardware.devices(), directory);
        }
        hardware.cdrom().map(files).ifPresent(image -> cdrom(arguments, image));
        if (hardware.screen()) {
            screen(arguments, directory);
        }
        care(arguments, spec.care());
        spec.boot().ifPresent(boot -> kernel(arguments, boot, files));
        if (role == Role.STANDBY) {
            arguments.addAll(List.of("-incoming", "defer"));
        }
        return new QemuCommand(arguments, spec.id(), role, directory, ram);
    }

    private static void machine(List<String> arguments, VmSpec spec, Accelerator accelerator, Path ram) {
        String size = spec.memory().mebibytes() + "M";
        boolean isForWindows = spec.hardware().hyperV() && accelerator == Accelerator.KVM;
        arguments.addAll(List.of(
                "-name",
                spec.name() + ",debug-threads=on",
                "-uuid",
                spec.id().toString(),
                "-machine",
                spec.machine() + ",memory-backend=ram,dump-guest-core=off,mem-merge=off"
                        + ",hpet=off,sata=off,usb=off,smbus=off,vmport=off,smm=off",
                "-accel",
                accelerator.argument(),
                "-cpu",
                spec.cpu() + (isForWindows ? HYPER_V : ""),
                "-smp",
                Integer.toString(spec.cpus()),
                "-m",
                size,
                "-object",
                "memory-backend-file,id=ram,size=" + size + ",mem-path=" + escaped(ram) + ",share=on"));
        if (spec.hardware().clock() == Clock.LOCAL) {
            arguments.addAll(List.of("-rtc", "base=localtime"));
        }
    }

    private static void nothingByDefault(List<String> arguments) {
        arguments.addAll(List.of(
                "-nodefaults",
                "-no-user-config",
                "-no-shutdown",
                "-display",
                "none",
                "-vga",
                "none",
                "-msg",
                "timestamp=on",
                "-sandbox",
                "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"));
    }

    private static void sockets(List<String> arguments, InstanceDirectory directory) {
        arguments.addAll(List.of(
                "-pidfile",
                directory.processNumber().toString(),
                "-qmp",
                "unix:" + escaped(directory.qmp()) + ",server=on,wait=off",
                "-qmp",
                "unix:" + escaped(directory.checkpointQmp()) + ",server=on,wait=off",
                "-chardev",
                "socket,id=serial0,path=" + escaped(directory.serial()) + ",server=on,wait=off,logfile="
                        + escaped(directory.serialLog()) + ",logappend=on",
                "-serial",
                "chardev:serial0"));
    }

    private static void network(
            List<String> arguments, int nic, MacAddress mac, Devices devices, InstanceDirectory directory) {
        String device = devices == Devices.EMULATED ? "e1000" : "virtio-net-pci";
        arguments.addAll(List.of(
                "-netdev", "stream,id=net" + nic + ",server=on,addr.type=unix,addr.path=" + escaped(directory.nic(nic)),
                "-device",
                        device + ",id=nic" + nic + ",netdev=net" + nic + ",mac=" + mac + ",romfile="
                                + (devices == Devices.VIRTIO ? LEGACY_ONLY : "")));
    }

    private static void disk(
            List<String> arguments, int index, VolumeSpec disk, Devices devices, InstanceDirectory directory) {
        String device = devices == Devices.EMULATED ? "ide-hd,bus=sata." + index : "virtio-blk-pci";
        arguments.addAll(List.of(
                "-blockdev",
                "driver=nbd,node-name=" + disk.name() + ",server.type=unix,server.path=" + escaped(directory.disks())
                        + ",export=" + disk.name() + ",reconnect-delay=" + RECONNECT_SECONDS + ",open-timeout="
                        + OPEN_SECONDS + ",cache.direct=on,discard=unmap",
                "-device",
                device + ",id=" + disk.name() + "dev,drive=" + disk.name() + ",serial=" + disk.name()
                        + ",write-cache=on,werror=report,rerror=report,"
                        + geometry(disk.size()) + (devices == Devices.VIRTIO ? LEGACY_ONLY : "")
                        + (index == 0 ? ",bootindex=1" : "")));
    }

    /// It comes after the first disk when the firmware looks for something to boot, so that a guest that was installed
    /// from it is what starts the next time.
    private static void cdrom(List<String> arguments, Path image) {
        arguments.addAll(List.of(
                "-blockdev",
                "driver=file,node-name=cdrom,read-only=on,filename=" + escaped(image),
                "-device",
                "ide-cd,bus=sata." + Hardware.EMULATED_DISKS_MAX + ",id=cdromdev,drive=cdrom,bootindex=2"));
    }

    private static boolean hasSata(VmSpec spec) {
        boolean areDisksSata =
                spec.hardware().devices() == Devices.EMULATED && !spec.disks().isEmpty();
        return areDisksSata || spec.hardware().cdrom().isPresent();
    }

    /// The tablet says where the pointer is, not how far it was moved, so that it is where the viewer's is.
    private static void screen(List<String> arguments, InstanceDirectory directory) {
        arguments.addAll(List.of(
                "-device",
                "VGA,id=screen",
                "-device",
                "qemu-xhci,id=usb",
                "-device",
                "usb-tablet,id=pointer,bus=usb.0",
                "-vnc",
                "unix:" + escaped(directory.screen())));
    }

    /// As QEMU does for a disk without a partition table: the most that a PC's firmware knows of.
    private static String geometry(ByteSize size) {
        long cylinders = Math.clamp(size.bytes() / (HEADS * SECTORS * 512L), 2, CYLINDERS_MAX);
        return "cyls=" + cylinders + ",heads=" + HEADS + ",secs=" + SECTORS;
    }

    /// The devices by which a guest tells that it failed, if its VM is to have them: last, so that they move no
    /// other. What happens then is the agent's to decide, so QEMU lets the guest run on, but for a crash that is to
    /// be looked at. The ISA device has no state to save (its PCI cousin has 319 bytes, the watchdog 372).
    private static void care(List<String> arguments, Care care) {
        care.onCrash().ifPresent(reaction -> {
            String action = reaction == CrashReaction.PAUSE ? "pause" : "none";
            arguments.addAll(List.of("-device", CRASH_DEVICE, "-action", "panic=" + action));
        });
        if (care.watchdog().isPresent()) {
            arguments.addAll(List.of("-device", WATCHDOG_DEVICE, "-action", "watchdog=none"));
        }
    }

    private static void kernel(List<String> arguments, VmSpec.Boot boot, Function<String, Path> files) {
        arguments.addAll(List.of("-kernel", files.apply(boot.kernel()).toString()));
        boot.initrd().map(files).ifPresent(initrd -> arguments.addAll(List.of("-initrd", initrd.toString())));
        arguments.addAll(List.of("-append", boot.append()));
    }

    /// QEMU's option parser takes a doubled comma for one of the value's.
    private static String escaped(Path path) {
        return path.toString().replace(",", ",,");
    }
}
