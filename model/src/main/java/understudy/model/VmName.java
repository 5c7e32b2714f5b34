package understudy.model;

/// What people call a VM; unique in its cluster at any one time. A deleted VM's name may be used again, its
/// [VmId] never.
///
/// @param value 1 to 32 of `a-z`, `0-9` and `-`; no `-` first or last
public record VmName(String value) implements Comparable<VmName> {
    public VmName {
        Names.checked("VM", value);
    }

    @Override
    public int compareTo(VmName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
