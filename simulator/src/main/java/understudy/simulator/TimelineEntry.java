package understudy.simulator;

/// One line of what happened in a run.
///
/// @param ms    virtual time since the start
/// @param event such as `vm-started`, `takeover`, `host-down`; `docs/reference/scenario-files.md` lists them
/// @param vm    the VM's name, or empty
/// @param host  the host's name, or empty
/// @param text  more of it, for people; may be empty
public record TimelineEntry(long ms, String event, String vm, String host, String text) {
    @Override
    public String toString() {
        return "%8d ms  %-18s %-10s %-6s %s"
                .formatted(ms, event, vm, host, text)
                .stripTrailing();
    }
}
