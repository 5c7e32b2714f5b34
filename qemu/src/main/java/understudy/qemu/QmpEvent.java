package understudy.qemu;

import tools.jackson.databind.JsonNode;

/// Something that QEMU reported unasked.
///
/// @param name         such as `STOP`, `RESUME`, `SHUTDOWN`, `MIGRATION`
/// @param data         the event's data; a missing node when it has none
/// @param microseconds QEMU's wall clock when it happened, in microseconds since 1970: two events of one QEMU
///                     bound a time exactly, whenever they were read; negative when QEMU could not tell
public record QmpEvent(String name, JsonNode data, long microseconds) {
    static QmpEvent of(JsonNode message) {
        JsonNode timestamp = message.path("timestamp");
        long seconds = timestamp.path("seconds").asLong(-1);
        long micros = seconds < 0
                ? -1
                : seconds * 1_000_000 + timestamp.path("microseconds").asLong(0);
        return new QmpEvent(message.path("event").asString(""), message.path("data"), micros);
    }

    public boolean isNamed(String other) {
        return name.equals(other);
    }
}
