package understudy.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import understudy.api.ApiClient;
import understudy.api.Json;
import understudy.api.JsonProblems;
import understudy.api.VmRequest;
import understudy.api.VmStatus;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;
import understudy.model.VmName;

@Command(
        name = "create",
        header = "Create a VM, and start it.",
        sortOptions = false,
        sortSynopsis = false,
        description = {
            "Waits until it runs, and until it is protected. If it runs but is not protected in time,"
                    + " a note says why, and the exit code is 0.",
            "With -f the fields come from a YAML file (name, level, memory, cpus, nics, disks, kernel, initrd, append, hosts,"
                    + " policy, stopped, machine, cpu, care, hardware); options go before its fields."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  A protected VM with a network card, on any two hosts:",
            "    understudy vm create web-1 --level system --memory 512M --nic \\",
            "        --kernel vmlinuz --initrd initrd.img --append 'console=ttyS0'",
            "  On chosen hosts, the first one preferred, for quick answers:",
            "    understudy vm create web-1 --level system --memory 1G \\",
            "        --on h1,h2 --policy latency",
            "  With mirrored disks, an empty one and one from an image:",
            "    understudy vm create db-1 --level component --memory 1G \\",
            "        --disk debian.qcow2 --disk 20G --nic",
            "  Reset when its kernel panics, and started before all others:",
            "    understudy vm create db-2 --level component --memory 1G \\",
            "        --disk debian.qcow2 --on-crash restart --start-order 10",
            "  A guest without virtio drivers, installed from a CD image:",
            "    understudy vm create office-1 --level system --memory 4G --cpus 2 \\",
            "        --disk 40G --nic --iso setup.iso --devices emulated --screen \\",
            "        --clock local --hyper-v",
            "  From a file:",
            "    understudy vm create -f web-1.yaml",
            "%nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no cluster answers"
        })
final class VmCreate implements Callable<Integer> {
    @Spec
    private CommandSpec command = CommandSpec.create();

    @Parameters(paramLabel = "NAME", arity = "0..1", description = "What to call it: 1 to 32 of a-z, 0-9 and '-'.")
    private Optional<VmName> name = Optional.empty();

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "Read the fields from a YAML file.")
    private Optional<Path> file = Optional.empty();

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            completionCandidates = Candidates.Levels.class,
            description = "How far it is protected: ${COMPLETION-CANDIDATES}; component is for VMs with disks."
                    + " Must be given.")
    private Optional<Level> level = Optional.empty();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "Guest RAM, such as 512M or 2G; at least 64M. Must be given.")
    private Optional<ByteSize> memory = Optional.empty();

    @Option(names = "--cpus", paramLabel = "N", description = "Virtual processors, 1 to 64 (default: 1).")
    private Optional<Integer> cpus = Optional.empty();

    @Option(
            names = "--nic",
            paramLabel = "mac=MAC",
            arity = "0..1",
            fallbackValue = NicOption.ANY,
            description = "A network card; give it once for each.")
    private List<NicOption> nics = new ArrayList<>();

    @Option(
            names = "--disk",
            paramLabel = "SIZE|IMAGE[,size=SIZE]",
            description = "A disk: empty and of a size such as 10G, or with the content of a raw or qcow2 image on this"
                    + " machine, which is uploaded, and perhaps larger than that; give it once for each, at most 8.")
    private List<DiskOption> disks = new ArrayList<>();

    @Option(names = "--kernel", paramLabel = "FILE", description = "A kernel on this machine; it is uploaded.")
    private Optional<Path> kernel = Optional.empty();

    @Option(names = "--initrd", paramLabel = "FILE", description = "Its initial RAM disk; it is uploaded.")
    private Optional<Path> initrd = Optional.empty();

    @Option(names = "--append", paramLabel = "TEXT", description = "The kernel's command line.")
    private Optional<String> append = Optional.empty();

    @Option(
            names = "--on",
            paramLabel = "HOST",
            split = ",",
            description = "The one or two hosts that may run it, preferred first; with one it is never protected"
                    + " (default: the cluster chooses two).")
    private List<HostName> hosts = new ArrayList<>();

    @Option(
            names = "--policy",
            paramLabel = "POLICY",
            completionCandidates = Candidates.Policies.class,
            description = "What checkpoints favour: ${COMPLETION-CANDIDATES} (default: balanced).")
    private Optional<Policy> policy = Optional.empty();

    @Option(
            names = "--machine",
            paramLabel = "TYPE",
            description = "A versioned QEMU machine type (default: the newest that its hosts share).")
    private Optional<String> machine = Optional.empty();

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            description = "A QEMU CPU model that its hosts have (default: qemu64).")
    private Optional<String> cpu = Optional.empty();

    @Mixin
    private HardwareOptions hardware = new HardwareOptions();

    @Mixin
    private CareOptions care = new CareOptions();

    @Option(names = "--stopped", description = "Define it, but do not start it.")
    private boolean stopped;

    @Mixin
    private WaitOptions wait = new WaitOptions();

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Override
    public Integer call() {
        ObjectNode wish = file.map(VmFile::read).orElseGet(Json::object);
        Optional<Path> folder = file.map(Path::toAbsolutePath).map(Path::getParent);
        List<LocalFile> files = new ArrayList<>();
        bootFile(wish, "kernel", kernel, folder).ifPresent(files::add);
        bootFile(wish, "initrd", initrd, folder).ifPresent(files::add);
        files.addAll(diskImages(wish, folder));
        hardware(wish, folder).ifPresent(files::add);
        overlay(wish);
        requireFields(wish);
        VmRequest request = checked(wish);
        try (ApiClient client = cluster.connect()) {
            files.forEach(f -> f.handOver(client, cluster));
            VmStatus vm = client.create(request);
            if (request.stopped()) {
                cluster.print(vm, () -> Text.sentence(vm));
                return ExitCode.OK;
            }
            return wait.running(cluster, client, vm);
        }
    }

    /// Puts a file's name in the cluster where its path was; a path in the YAML file counts from that file's
    /// folder.
    private static Optional<LocalFile> bootFile(
            ObjectNode wish, String field, Optional<Path> option, Optional<Path> folder) {
        Optional<Path> written = Optional.of(wish.path(field))
                .filter(node -> node.isString())
                .map(node -> Path.of(node.stringValue()))
                .map(path -> folder.map(f -> f.resolve(path)).orElse(path));
        Optional<LocalFile> local = option.or(() -> written).map(path -> LocalFile.of(field, path));
        local.ifPresent(f -> wish.put(field, f.sha256()));
        return local;
    }

    /// Puts the disks of the options into the wish, or takes those of the YAML file; what is an image's path
    /// there becomes its name in the cluster.
    private List<LocalFile> diskImages(ObjectNode wish, Optional<Path> folder) {
        if (!disks.isEmpty()) {
            ArrayNode list = wish.putArray("disks");
            for (DiskOption disk : disks) {
                ObjectNode node = list.addObject();
                disk.size().ifPresent(size -> node.put("size", size.toString()));
                disk.image()
                        .ifPresent(
                                path -> node.put("image", path.toAbsolutePath().toString()));
            }
        }
        List<LocalFile> images = new ArrayList<>();
        for (JsonNode node : wish.path("disks")) {
            if (node instanceof ObjectNode disk) {
                bootFile(disk, "image", Optional.empty(), folder).ifPresent(images::add);
            }
        }
        return images;
    }

    /// What the options say of hardware goes into the wish; the file for its CD drive is the answer.
    private Optional<LocalFile> hardware(ObjectNode wish, Optional<Path> folder) {
        ObjectNode given = wish.get("hardware") instanceof ObjectNode node ? node : wish.objectNode();
        hardware.overlay(given);
        Optional<LocalFile> image = bootFile(given, "cdrom", hardware.iso(), folder);
        if (!given.isEmpty()) {
            wish.set("hardware", given);
        }
        return image;
    }

    private void overlay(ObjectNode wish) {
        name.ifPresent(v -> wish.put("name", v.value()));
        level.ifPresent(v -> wish.put("level", v.toString()));
        memory.ifPresent(v -> wish.put("memory", v.toString()));
        cpus.ifPresent(v -> wish.put("cpus", v.intValue()));
        append.ifPresent(v -> wish.put("append", v));
        policy.ifPresent(v -> wish.put("policy", v.toString()));
        machine.ifPresent(v -> wish.put("machine", v));
        cpu.ifPresent(v -> wish.put("cpu", v));
        care.overlay(wish);
        if (stopped) {
            wish.put("stopped", true);
        }
        if (!hosts.isEmpty()) {
            ArrayNode list = wish.putArray("hosts");
            hosts.forEach(host -> list.add(host.value()));
        }
        if (!nics.isEmpty()) {
            ArrayNode list = wish.putArray("nics");
            nics.forEach(nic ->
                    nic.mac().ifPresentOrElse(mac -> list.addObject().put("mac", mac.value()), list::addObject));
        }
    }

    private void requireFields(ObjectNode wish) {
        List<String> missing = new ArrayList<>();
        require(wish, "name", "NAME", missing);
        require(wish, "level", "--level", missing);
        require(wish, "memory", "--memory", missing);
        if (!missing.isEmpty() && file.isEmpty()) {
            throw new CommandLine.ParameterException(
                    command.commandLine(), "missing: " + String.join(", ", missing) + " (or -f FILE)");
        }
    }

    private static void require(ObjectNode wish, String field, String option, List<String> missing) {
        if (!wish.has(field)) {
            missing.add(option);
        }
    }

    private static VmRequest checked(ObjectNode wish) {
        try {
            return Json.vmRequest(wish);
        } catch (JacksonException e) {
            throw JsonProblems.of(e).refused();
        }
    }
}
