package understudy.model;

import java.util.UUID;

/// One VM for as long as it exists, whatever it is called.
public record VmId(UUID value) implements Comparable<VmId> {
    public static VmId parse(String text) {
        return new VmId(UUID.fromString(text));
    }

    @Override
    public int compareTo(VmId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
