package understudy.lab;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import understudy.model.ByteSize;

/// What all agents of a lab are told besides who and where they are; what is empty they decide themselves.
///
/// @param verifyEvery     compare all of a guest's RAM with its image after every so many epochs; 0 for never
/// @param loseAfterMillis silence after which a peer counts as lost
/// @param pairAfterSeconds for how long a VM's other host is away before another one takes its place; 0 for never
/// @param packCheckpoints  whether checkpoints are packed: auto, always, never
/// @param memory          RAM that VMs may use on a host, such as `2G`
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record AgentOptions(
        @JsonProperty("verify-every") OptionalInt verifyEvery,
        @JsonProperty("lose-after-millis") OptionalInt loseAfterMillis,
        @JsonProperty("pair-after-seconds") OptionalInt pairAfterSeconds,
        @JsonProperty("pack-checkpoints") Optional<String> packCheckpoints,
        Optional<String> memory) {
    /// Everything as the agents have it.
    public static final AgentOptions NONE = new AgentOptions(
            OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty());

    /// @param epochs 0 for never
    public AgentOptions withVerifyEvery(int epochs) {
        return new AgentOptions(OptionalInt.of(epochs), loseAfterMillis, pairAfterSeconds, packCheckpoints, memory);
    }

    /// @param silence whole milliseconds
    public AgentOptions withLoseAfter(Duration silence) {
        return new AgentOptions(
                verifyEvery,
                OptionalInt.of(Math.toIntExact(silence.toMillis())),
                pairAfterSeconds,
                packCheckpoints,
                memory);
    }

    /// @param seconds 0 for never
    public AgentOptions withPairAfter(int seconds) {
        return new AgentOptions(verifyEvery, loseAfterMillis, OptionalInt.of(seconds), packCheckpoints, memory);
    }

    public AgentOptions withMemory(ByteSize size) {
        return new AgentOptions(
                verifyEvery, loseAfterMillis, pairAfterSeconds, packCheckpoints, Optional.of(size.toString()));
    }

    /// @param mode auto, always, never
    public AgentOptions withPackCheckpoints(String mode) {
        return new AgentOptions(verifyEvery, loseAfterMillis, pairAfterSeconds, Optional.of(mode), memory);
    }
}
