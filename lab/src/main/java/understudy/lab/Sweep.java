package understudy.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Removes a lab, however much of it there is. It goes by names, not by the record, so it works behind a `lab
/// up` that was killed anywhere; and it ends only processes that are in one of the lab's own network
/// namespaces. Disks come first: while one hangs, who waits for it does not die.
final class Sweep {
    private static final int ROUNDS = 5;
    /// For the kernel to unmount the disks of hosts that have ended.
    private static final Duration DISK_LIMIT = Duration.ofSeconds(10);
    private static final String DATA_PREFIX = LabFolders.DATA.toString();

    private Sweep() {}

    static void everything() {
        Shell.awaitStragglers();
        LabFolders.delete(LabFolders.URLS);
        // A node that was being booted just now can come up behind our back, once.
        for (int round = 0; round < ROUNDS && !remains().isEmpty(); round++) {
            LabFolders.delete(LabFolders.RUN);
            letReadersGo();
            LoopDevice.ofLab().forEach(LoopDevice::thaw);
            Namespace.all().forEach(Power::kill);
            LoopDevice.ofLab().forEach(LoopDevice::letGo);
            Await.holds(DISK_LIMIT, () -> LoopDevice.ofLab().isEmpty());
            ControlGroup.all().forEach(ControlGroup::remove);
            Wiring.clearOutside();
            Namespace.all().forEach(Namespace::delete);
            LabFolders.delete(LabFolders.DATA);
            LabFolders.deleteIfEmpty(LabFolders.SHARED_RUN);
            LabFolders.deleteIfEmpty(LabFolders.INSIDE_DATA);
        }
    }

    /// Nobody who waits for a disk can be killed.
    private static void letReadersGo() {
        List<LoopDevice> devices = LoopDevice.ofLab();
        ControlGroup.all().forEach(group -> devices.forEach(group::letReadersGo));
    }

    /// What is left of a lab, for people to read; empty when there is nothing.
    static List<String> remains() {
        List<String> remains = new ArrayList<>();
        for (Namespace namespace : Namespace.all()) {
            remains.add("network namespace " + namespace);
            LabProcess.in(namespace).forEach(process -> remains.add("process " + process.pid()));
        }
        Wiring.outsideLinks().forEach(link -> remains.add("network interface " + link));
        Stream.of(LabFolders.RUN, LabFolders.DATA, LabFolders.URLS)
                .filter(Files::exists)
                .map(Path::toString)
                .forEach(remains::add);
        LoopDevice.ofLab().forEach(device -> remains.add("loop device " + device.path()));
        ControlGroup.all().forEach(group -> remains.add("control group " + group.folder()));
        mounts().forEach(mount -> remains.add("mount " + mount));
        return remains;
    }

    /// In this mount namespace the lab mounts nothing but the names of its network namespaces.
    private static List<String> mounts() {
        try {
            return Files.readAllLines(Path.of("/proc/self/mounts"), StandardCharsets.ISO_8859_1).stream()
                    .map(line -> line.split(" ", -1)[1])
                    .filter(point -> point.contains("/" + Namespace.PREFIX) || point.startsWith(DATA_PREFIX))
                    .toList();
        } catch (IOException e) {
            throw Shell.failure("read the mounts", e);
        }
    }
}
