package understudy.agent;

import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import understudy.api.Json;
import understudy.api.ResyncTerms;
import understudy.model.ByteSize;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.model.VolumeId;

/// Something about a volume that one certain host can do or say; whoever asks waits for its answer. One line of
/// JSON each, as [AgentMessage]s are.
sealed interface VolumeQuestion {

    VmId vm();

    VolumeId volume();

    /// Whether the replica on that host could become so large.
    record CheckGrowth(VmId vm, VolumeId volume, ByteSize size) implements VolumeQuestion {}

    /// Whether there is room on that host for what a new VM's disks hold at first.
    ///
    /// @param volume any of them
    record CheckRoom(VmId vm, VolumeId volume, ByteSize size) implements VolumeQuestion {

        /// For all disks of a VM at their full size; empty if it has none.
        static Optional<CheckRoom> whole(VmSpec spec) {
            long bytes =
                    spec.disks().stream().mapToLong(disk -> disk.size().bytes()).sum();
            return spec.disks().stream()
                    .findFirst()
                    .map(first -> new CheckRoom(spec.id(), first.id(), new ByteSize(bytes)));
        }
    }

    /// Begin a scrub.
    record BeginScrub(VmId vm, VolumeId volume) implements VolumeQuestion {}

    /// Bring replicas back on other terms.
    record ChangeResync(VmId vm, VolumeId volume, ResyncTerms terms) implements VolumeQuestion {}

    /// `{"CheckGrowth": {…}}` and so on.
    default byte[] bytes() {
        var document = Json.object();
        document.putPOJO(getClass().getSimpleName(), this);
        return Json.bytes(document);
    }

    /// @throws IllegalArgumentException if it is none; a newer agent may ask what this one does not know
    static VolumeQuestion parse(byte[] bytes) {
        try {
            JsonNode document = Json.tree(bytes);
            for (Class<?> kind : VolumeQuestion.class.getPermittedSubclasses()) {
                JsonNode content = document.path(kind.getSimpleName());
                if (content.isObject()) {
                    return (VolumeQuestion) Json.lenient(content, kind);
                }
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("no question about a volume: " + e.getOriginalMessage(), e);
        }
        throw new IllegalArgumentException("a question about a volume of an unknown kind");
    }
}
