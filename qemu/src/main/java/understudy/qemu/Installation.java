package understudy.qemu;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/// The QEMU of this host: what the cluster must know of it to tell whether two hosts fit a VM.
///
/// @param version   such as `7.2.22`
/// @param machines  versioned q35 machine types, oldest first, such as `pc-q35-7.2`
/// @param cpuModels named models that run with the accelerator as they are, sorted; neither `host` nor `max`,
///              nor single versions of a model: the machine type picks these
/// @param devices   of those that a VM may ask for and a QEMU may lack, which it has; sorted
/// @param notice    for people, when guests run in software; else empty
public record Installation(
        String version,
        List<String> machines,
        List<String> cpuModels,
        List<String> devices,
        Accelerator accelerator,
        String notice) {
    private static final Pattern MACHINE = Pattern.compile("pc-q35-\\d+\\.\\d+");
    private static final Pattern SINGLE_VERSION = Pattern.compile(".*-v\\d+");
    private static final Set<String> UNSTABLE_MODELS = Set.of("host", "max", "base");
    /// Devices that a VM may ask for, and that not every QEMU has.
    private static final Set<String> OPTIONAL = Set.of(QemuCommand.CRASH_DEVICE, QemuCommand.WATCHDOG_DEVICE);

    private static final Duration LIMIT = Duration.ofSeconds(20);

    public Installation {
        machines = List.copyOf(machines);
        cpuModels = List.copyOf(cpuModels);
        devices = List.copyOf(devices);
    }

    /// Asks the program, by running it for a moment without a machine.
    ///
    /// @param program such as `qemu-system-x86_64`
    /// @throws IOException if it cannot be run, with its own words
    public static Installation probe(String program) throws IOException {
        Path directory = Files.createTempDirectory("understudy-probe");
        try {
            return probe(program, directory, Accelerator.choose());
        } finally {
            for (String name : List.of("qmp.socket", "log")) {
                Files.deleteIfExists(directory.resolve(name));
            }
            Files.deleteIfExists(directory);
        }
    }

    private static Installation probe(String program, Path directory, Accelerator.Choice choice) throws IOException {
        Path socket = directory.resolve("qmp.socket");
        Path log = directory.resolve("log");
        Process process = start(program, socket, log, choice.accelerator());
        try (Qmp qmp = connect(process, socket, log)) {
            return new Installation(
                    version(qmp.execute("query-version", LIMIT)),
                    machines(qmp.execute("query-machines", LIMIT)),
                    cpuModels(qmp.execute("query-cpu-definitions", LIMIT)),
                    devices(qmp.execute("qom-list-types", Map.of("implements", "device"), LIMIT)),
                    choice.accelerator(),
                    choice.notice());
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(String program, Path socket, Path log, Accelerator accelerator) throws IOException {
        try {
            return new ProcessBuilder(
                            program,
                            "-nodefaults",
                            "-no-user-config",
                            "-display",
                            "none",
                            "-machine",
                            "none",
                            "-accel",
                            accelerator.argument(),
                            "-qmp",
                            "unix:" + socket + ",server=on,wait=off")
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.to(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new IOException(
                    program + " cannot be run: install the package qemu-system-x86 (" + e.getMessage() + ")", e);
        }
    }

    private static Qmp connect(Process process, Path socket, Path log) throws IOException {
        Deadline end = Deadline.after(LIMIT);
        while (true) {
            try {
                return Qmp.connect(socket, LIMIT, _ -> {});
            } catch (QmpException e) {
                if (!process.isAlive() || end.hasPassed()) {
                    process.destroyForcibly();
                    throw new IOException(
                            "QEMU does not start: "
                                    + Files.readString(log, StandardCharsets.UTF_8)
                                            .strip(),
                            e);
                }
            }
            Deadline.pause(Duration.ofMillis(5));
        }
    }

    private static String version(JsonNode answer) {
        JsonNode qemu = answer.path("qemu");
        return "%d.%d.%d"
                .formatted(
                        qemu.path("major").asInt(),
                        qemu.path("minor").asInt(),
                        qemu.path("micro").asInt());
    }

    static List<String> machines(JsonNode answer) {
        return names(answer).stream()
                .filter(name -> MACHINE.matcher(name).matches())
                .sorted(Fitness.BY_VERSION)
                .toList();
    }

    static List<String> cpuModels(JsonNode answer) {
        List<JsonNode> runnable = StreamSupport.stream(answer.spliterator(), false)
                .filter(model -> model.path("unavailable-features").isEmpty())
                .toList();
        return names(runnable).stream()
                .filter(name -> !UNSTABLE_MODELS.contains(name)
                        && !SINGLE_VERSION.matcher(name).matches())
                .sorted(Comparator.naturalOrder())
                .toList();
    }

    static List<String> devices(JsonNode answer) {
        return names(answer).stream().filter(OPTIONAL::contains).sorted().toList();
    }

    private static List<String> names(Iterable<JsonNode> entries) {
        List<String> names = new ArrayList<>();
        entries.forEach(entry -> names.add(entry.path("name").asString("")));
        return names;
    }
}
