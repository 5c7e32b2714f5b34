package understudy.model;

import java.util.Locale;
import java.util.Optional;

/// The machine that a VM's guest finds, as far as it depends on what the guest has drivers for. Like all of a VM's
/// specification it is the same on every host.
///
/// @param devices what its disks and network cards look like
/// @param screen  whether it has a graphics card and a tablet as its pointer
/// @param clock   what its battery-backed clock shows
/// @param hyperV  whether the guest is told that it runs under a hypervisor that Windows knows; with KVM only
/// @param cdrom   SHA-256 of the uploaded image in its CD drive, 64 lower-case hexadecimal digits; without it there is
///                no drive
public record Hardware(Devices devices, boolean screen, Clock clock, boolean hyperV, Optional<String> cdrom) {
    /// Of a VM for which nobody said anything: what every Linux of the last fifteen years has drivers for.
    public static final Hardware DEFAULT = new Hardware(Devices.VIRTIO, false, Clock.UTC, false, Optional.empty());

    /// The most disks with [Devices#EMULATED]: their controller has six ports, and one is the CD drive's.
    public static final int EMULATED_DISKS_MAX = 5;

    /// The names are part of the outer surface.
    public enum Devices {
        /// Made for virtual machines: the fastest, and the least to copy at a checkpoint.
        VIRTIO,
        /// As in a PC: SATA disks at an AHCI controller, Intel e1000 network cards. For guests that do not have drivers
        /// for the others, such as Windows without its additional drivers.
        EMULATED;

        /// @throws IllegalArgumentException with a text for people, if there are no such devices
        public static Devices parse(String text) {
            for (Devices devices : values()) {
                if (devices.toString().equals(text)) {
                    return devices;
                }
            }
            throw new IllegalArgumentException("no devices '" + text + "': virtio or emulated");
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The names are part of the outer surface.
    public enum Clock {
        UTC,
        /// The host's time zone, as Windows expects it.
        LOCAL;

        /// @throws IllegalArgumentException with a text for people, if there is no such clock
        public static Clock parse(String text) {
            for (Clock clock : values()) {
                if (clock.toString().equals(text)) {
                    return clock;
                }
            }
            throw new IllegalArgumentException("no clock '" + text + "': utc or local");
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Hardware withCdrom(String sha256) {
        return new Hardware(devices, screen, clock, hyperV, Optional.of(sha256));
    }
}
