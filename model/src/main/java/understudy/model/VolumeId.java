package understudy.model;

import java.util.UUID;

/// One volume for as long as it exists: its replicas carry the id, so that none is taken for another volume's.
public record VolumeId(UUID value) implements Comparable<VolumeId> {
    public static VolumeId parse(String text) {
        return new VolumeId(UUID.fromString(text));
    }

    @Override
    public int compareTo(VolumeId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
