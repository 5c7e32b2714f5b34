package understudy.model;

/// One host's part in a VM, good for one life of its agent: at level 3 the running copy, or the image that the
/// standby holds in that life's memory.
public record Replica(HostName host, Life life) {
    @Override
    public String toString() {
        return host + "@" + life;
    }
}
