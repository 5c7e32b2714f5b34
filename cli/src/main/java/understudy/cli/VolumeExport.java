package understudy.cli;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import understudy.api.ApiClient;
import understudy.api.VolumeStatus;
import understudy.model.Problem;
import understudy.model.VmName;
import understudy.model.VolumeSpec.Image.Format;

@Command(
        name = "export",
        header = "Copy a disk of a stopped VM into a file on this machine.",
        description = {
            "The copy comes from a replica that is in sync, every block verified; what is empty takes no room. The file"
                    + " appears under its name when it is whole, and one that is there is left alone without --force.",
            "If the VM is started meanwhile, that comes first, and the export ends."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy volume export db-1 disk0 db-1.raw",
            "  understudy volume export db-1 disk0 db-1.qcow2 --format qcow2"
        })
final class VolumeExport implements Callable<Integer> {
    @Parameters(paramLabel = "VM", index = "0", description = "The VM's name.")
    private Optional<VmName> vm = Optional.empty();

    @Parameters(paramLabel = "DISK", index = "1", description = "Its disk: disk0, disk1, …")
    private Optional<String> disk = Optional.empty();

    @Parameters(paramLabel = "FILE", index = "2", description = "Where to put it, on this machine.")
    private Optional<Path> file = Optional.empty();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            completionCandidates = Candidates.ImageFormats.class,
            description = "${COMPLETION-CANDIDATES} (default: raw); for qcow2 this machine needs qemu-img.")
    private Format format = Format.RAW;

    @Option(names = "--force", description = "Replace the file if it is there.")
    private boolean force;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Override
    public Integer call() {
        Path target = file.orElseThrow().toAbsolutePath();
        refuse(target);
        Path raw = beside(target, ".raw.part");
        Path image = beside(target, ".qcow2.part");
        try (ApiClient client = cluster.connect()) {
            VolumeStatus volume = client.volume(vm.orElseThrow(), disk.orElseThrow());
            receive(client, volume, raw);
            if (format == Format.QCOW2) {
                QemuImg.toQcow2(raw, image);
            }
            place(format == Format.QCOW2 ? image : raw, target);
            cluster.print(
                    volume,
                    () -> "%s of %s, %s, is in %s (%s)"
                            .formatted(volume.name(), volume.vm(), volume.size(), file.orElseThrow(), format));
            return ExitCode.OK;
        } catch (IOException e) {
            throw Problem.of("unwritable", target + " cannot be written", "check the path, the rights and the room")
                    .because(e.toString())
                    .refused();
        } finally {
            delete(raw);
            delete(image);
        }
    }

    private static Path beside(Path target, String ending) {
        return target.resolveSibling(
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + ending);
    }

    private void refuse(Path target) {
        if (Files.isDirectory(target)) {
            throw Problem.of("file-exists", target + " is a folder", "name a file")
                    .refused();
        }
        if (Files.exists(target) && !force) {
            throw Problem.of("file-exists", target + " is there already", "name another file, or say --force")
                    .refused();
        }
        if (format == Format.QCOW2) {
            QemuImg.require();
        }
    }

    private void receive(ApiClient client, VolumeStatus volume, Path raw) throws IOException {
        try (SparseFile out = new SparseFile(raw, volume, cluster)) {
            client.export(volume.vm(), volume.name(), out);
        }
    }

    private void place(Path from, Path target) throws IOException {
        if (force) {
            try {
                Files.move(from, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(from, target, StandardCopyOption.REPLACE_EXISTING);
            }
        } else {
            Files.move(from, target);
        }
    }

    private static void delete(Path unfinished) {
        try {
            Files.deleteIfExists(unfinished);
        } catch (IOException e) {
            throw new IllegalStateException(unfinished + " cannot be deleted", e);
        }
    }
}
