package understudy.agent;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import understudy.api.Json;
import understudy.api.ResyncTerms;
import understudy.model.ByteSize;
import understudy.model.VmId;
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
    record CheckRoom(VmId vm, VolumeId volume, ByteSize size) implements VolumeQuestion {}

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
