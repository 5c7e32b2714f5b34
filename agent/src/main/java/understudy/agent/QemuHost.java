package understudy.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.checkpoint.Capture;
import understudy.checkpoint.GuestHandle;
import understudy.linux.UserfaultShim;
import understudy.model.HostName;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.qemu.Accelerator;
import understudy.qemu.InstanceDirectory;
import understudy.qemu.QemuCommand;
import understudy.qemu.QemuCommand.Role;
import understudy.qemu.QemuProcess;
import understudy.qemu.Qmp;
import understudy.qemu.QmpEvent;
import understudy.qemu.QmpException;
import understudy.qemu.SerialLog;
import understudy.volume.nbd.NbdSocket;

/// Starts and finds the QEMUs of this host: one directory for each, below a folder for each VM.
final class QemuHost {
    private static final Logger LOG = LoggerFactory.getLogger(QemuHost.class);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final String PROGRAM = "qemu-system-x86_64";

    private final Path instances;
    private final Path logs;
    private final Path shim;
    private final FileStore files;
    private final Accelerator accelerator;
    private final Duration patience;
    private final EarlyDisks early;

    /// @param early where guests of an earlier life dial their disks
    QemuHost(Path run, Path data, FileStore files, Accelerator accelerator, EarlyDisks early) throws IOException {
        this(run, data, files, accelerator, early, PATIENCE);
    }

    /// @param patience how long a QEMU may take to answer before it is taken for one that never will
    QemuHost(Path run, Path data, FileStore files, Accelerator accelerator, EarlyDisks early, Duration patience)
            throws IOException {
        this.patience = patience;
        this.instances = Files.createDirectories(instances(run));
        this.logs = Files.createDirectories(data.resolve("log"));
        this.shim = UserfaultShim.extract(Files.createDirectories(run.resolve("shim")));
        this.files = files;
        this.accelerator = accelerator;
        this.early = early;
    }

    /// The folder of all VMs' folders.
    static Path instances(Path run) {
        return run.resolve("vm");
    }

    /// A QEMU and the connection to it.
    ///
    /// @param disks where it dials its disks, if it did so before this life of the agent
    record Instance(QemuProcess process, Qmp qmp, Optional<NbdSocket> disks) {

        GuestHandle handle(VmSpec spec) {
            return new GuestHandle(process, qmp, spec.memory().bytes());
        }

        /// Ends it, and removes what it leaves.
        void end() throws IOException {
            disks.ifPresent(NbdSocket::close);
            qmp.close();
            process.kill(PATIENCE);
            process.remove();
        }
    }

    /// Makes sure that the files are here that it boots from and has in its CD drive.
    void fetchFiles(VmSpec spec, Collection<HostName> from) throws IOException {
        for (String file : spec.files()) {
            files.fetch(file, from);
        }
    }

    /// Something to be done in a QEMU's directory before it is started.
    interface Preparation {
        void in(InstanceDirectory directory) throws IOException;
    }

    Instance start(VmSpec spec, Role role, Consumer<QmpEvent> listener) throws IOException {
        return start(spec, role, listener, _ -> {});
    }

    Instance start(VmSpec spec, Role role, Consumer<QmpEvent> listener, Preparation preparation) throws IOException {
        String instance = UUID.randomUUID().toString().substring(0, 8);
        Path ram = SHARED_MEMORY.resolve("understudy-" + spec.id() + "-" + instance);
        InstanceDirectory directory = new InstanceDirectory(directory(spec.id()).resolve(instance));
        QemuCommand command = QemuCommand.of(PROGRAM, spec, role, accelerator, directory, ram, files::path);
        preparation.in(directory);
        QemuProcess process = QemuProcess.start(command, shim, logs.resolve(spec.name() + ".qemu.log"));
        try {
            return new Instance(process, process.awaitReady(PATIENCE, listener), Optional.empty());
        } catch (IOException e) {
            process.kill(PATIENCE);
            process.remove();
            throw e;
        }
    }

    /// Finds the QEMU of an earlier life of the agent that runs this VM's guest: of several, the youngest.
    /// Others of the VM are ended: a standby's image is worth nothing in another life, and what does not answer
    /// cannot be taken up.
    ///
    /// @throws IOException if one of them cannot be ended
    Optional<Instance> find(VmId vm, Consumer<QmpEvent> listener) throws IOException {
        List<Instance> guests = new ArrayList<>();
        for (InstanceDirectory directory : QemuProcess.list(directory(vm))) {
            Optional<Instance> alive = adopt(directory, listener);
            if (alive.isPresent() && hasGuest(alive.get())) {
                guests.add(alive.get());
            } else if (alive.isPresent()) {
                alive.get().end();
            }
        }
        guests.sort(Comparator.comparingLong(instance -> -instance.process().start()));
        for (Instance older : guests.subList(Math.min(1, guests.size()), guests.size())) {
            older.end();
        }
        return guests.stream().findFirst();
    }

    private Optional<Instance> adopt(InstanceDirectory directory, Consumer<QmpEvent> listener) throws IOException {
        Optional<NbdSocket> disks = early.take(directory);
        try (FifoDrain _ = FifoDrain.of(Capture.fifo(directory))) {
            Optional<Instance> alive = QemuProcess.adopt(directory, patience, listener)
                    .map(adopted -> new Instance(adopted.process(), adopted.qmp(), disks));
            if (alive.isEmpty()) {
                disks.ifPresent(NbdSocket::close);
                QemuProcess.read(directory).remove();
            }
            return alive;
        } catch (IOException e) {
            disks.ifPresent(NbdSocket::close);
            LOG.warn("{} cannot be taken up, and is ended: {}", directory.path(), DriverDesk.reason(e));
            QemuProcess process = QemuProcess.read(directory);
            process.kill(PATIENCE);
            process.remove();
            return Optional.empty();
        }
    }

    /// Ends all QEMUs of VMs that are not among these: they were deleted while no agent was here. What cannot
    /// be ended is left for the next life.
    void endAllBut(Collection<VmId> vms) {
        try (var all = Files.newDirectoryStream(instances)) {
            for (Path folder : all) {
                VmId vm = VmId.parse(folder.getFileName().toString());
                if (!vms.contains(vm)) {
                    end(vm, folder);
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("QEMUs of VMs of which this is no host any more cannot be found: {}", DriverDesk.reason(e));
        }
    }

    private void end(VmId vm, Path folder) {
        try {
            Optional<Instance> found = find(vm, _ -> {});
            if (found.isPresent()) {
                found.get().end();
            }
            Files.delete(folder);
        } catch (IOException e) {
            LOG.warn(
                    "the QEMU of VM {}, of which this is no host any more, cannot be ended: {}",
                    vm,
                    DriverDesk.reason(e));
        }
    }

    /// Bounds what guests write to their serial ports. The files lie in memory: no disk is waited for.
    void trimSerialLogs() {
        try (var all = Files.newDirectoryStream(instances)) {
            for (Path folder : all) {
                for (InstanceDirectory directory : QemuProcess.list(folder)) {
                    SerialLog.trim(directory);
                }
            }
        } catch (IOException | UncheckedIOException | DirectoryIteratorException e) {
            // Folders of VMs come and go while this looks; there is a next time.
            LOG.debug("not every serial port's log was looked at: {}", DriverDesk.reason(e));
        }
    }

    private static boolean hasGuest(Instance instance) throws QmpException {
        String status =
                instance.qmp().execute("query-status", PATIENCE).path("status").asString("");
        return !status.equals("inmigrate") && !status.equals("prelaunch");
    }

    private Path directory(VmId vm) throws IOException {
        return Files.createDirectories(instances.resolve(vm.toString()));
    }
}
