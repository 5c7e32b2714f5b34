package understudy.simulator.scenario;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;

/// A scenario file as it is written.
record Document(
        Optional<Text> scenario,
        Optional<Text> about,
        List<Node> hosts,
        List<Node> witnesses,
        List<Text> voters,
        List<Vm> vms,
        List<Happening> steps,
        List<Text> end) {

    Document {
        hosts = List.copyOf(hosts);
        witnesses = List.copyOf(witnesses);
        voters = List.copyOf(voters);
        vms = List.copyOf(vms);
        steps = List.copyOf(steps);
        end = List.copyOf(end);
    }

    record Node(Optional<Text> name, Optional<Text> site, Optional<Text> memory, Optional<Text> cpus) {}

    record Vm(
            Optional<Text> name,
            Optional<Text> level,
            Optional<Text> memory,
            Optional<Text> cpus,
            Optional<Text> disks,
            List<Text> hosts,
            Optional<Text> start,
            Optional<Text> load,
            @JsonProperty("start-order") Optional<Text> startOrder,
            @JsonProperty("start-delay") Optional<Text> startDelay,
            @JsonProperty("restart-limit") Optional<Text> restartLimit) {
        Vm {
            hosts = List.copyOf(hosts);
        }
    }

    /// One step. Exactly one of `do`, `add`, `expect` and `wait` is there.
    record Happening(
            Optional<Text> at,
            Optional<Text> after,
            @JsonProperty("do") List<Text> commands,
            Optional<Vm> add,
            Optional<Text> refused,
            List<Text> expect,
            Optional<Text> within,
            @JsonProperty("for") Optional<Text> throughout,
            @JsonProperty("wait") Optional<Text> pause) {
        Happening {
            commands = List.copyOf(commands);
            expect = List.copyOf(expect);
        }
    }
}
