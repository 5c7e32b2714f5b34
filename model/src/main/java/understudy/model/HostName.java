package understudy.model;

/// The name of a host or witness, unique in its cluster and kept for as long as the host is in it.
///
/// @param value 1 to 32 of `a-z`, `0-9` and `-`; no `-` first or last
public record HostName(String value) implements Comparable<HostName> {
    public HostName {
        Names.checked("host", value);
    }

    @Override
    public int compareTo(HostName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
