package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import understudy.model.Problem;

/// The lab's record, kept from command to command. Processes are not in it: the network namespace that a
/// process is in says whose it is, and cannot be out of date.
///
/// @param cluster the id that all agents have in their configuration
/// @param faults  in the order in which they were made; no two are equal
record LabState(int hosts, int witnesses, int sites, UUID cluster, NodeProgram program, List<Fault> faults) {
    private static final Path FILE = LabFolders.RUN.resolve("state.json");

    LabState {
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(program, "program");
        faults = List.copyOf(faults);
    }

    static LabState of(LabPlan plan) {
        return new LabState(plan.hosts(), plan.witnesses(), plan.sites(), UUID.randomUUID(), plan.program(), List.of());
    }

    static boolean exists() {
        return Files.exists(FILE);
    }

    /// @throws Problem.Refused if no lab is up, or the record is damaged
    static LabState load() {
        if (!exists()) {
            throw Problem.of("no-lab", "No lab is up", "Start one with `understudy lab up`")
                    .refused();
        }
        try {
            return parse(Files.readString(FILE));
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /// @throws Problem.Refused if it is not what [#save] writes
    static LabState parse(String json) {
        try {
            LabState state = LabJson.MAPPER.readValue(json, LabState.class);
            if (state == null) {
                throw new IllegalArgumentException("it is null");
            }
            state.topology();
            return state;
        } catch (JacksonException | Problem.Refused | IllegalArgumentException e) {
            throw damaged(e);
        }
    }

    private static Problem.Refused damaged(Exception cause) {
        return Problem.of("damaged-lab", "The lab's record " + FILE + " is damaged", "Run `understudy lab down`")
                .because(String.valueOf(cause.getMessage()))
                .refused();
    }

    void save() {
        LabFolders.write(FILE, LabJson.MAPPER.writeValueAsString(this));
    }

    Topology topology() {
        return Topology.of(hosts, witnesses, sites);
    }

    boolean has(Fault fault) {
        return faults.contains(fault);
    }

    Optional<DiskFault> diskFault(String host) {
        return faults.stream()
                .flatMap(fault -> fault instanceof Fault.BadDisk(String on, DiskFault how) && on.equals(host)
                        ? Stream.of(how)
                        : Stream.empty())
                .findFirst();
    }

    LabState with(Fault fault) {
        if (has(fault)) {
            return this;
        }
        List<Fault> more = Stream.concat(faults.stream(), Stream.of(fault)).toList();
        return new LabState(hosts, witnesses, sites, cluster, program, more);
    }

    LabState without(Fault fault) {
        List<Fault> fewer = new ArrayList<>(faults);
        fewer.remove(fault);
        return new LabState(hosts, witnesses, sites, cluster, program, fewer);
    }
}
