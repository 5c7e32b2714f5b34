package understudy.simulator.scenario;

import understudy.model.HostName;
import understudy.model.VmId;

/// Something that must be so.
public sealed interface Expectation {

    record RunsOn(VmId vm, HostName host) implements Expectation {}

    record Runs(VmId vm) implements Expectation {}

    /// Runs there, and no other host could go on with it.
    record RunsAlone(VmId vm, HostName host) implements Expectation {}

    /// @param isSo whether it must have all that its level promises, or must not
    record Protected(VmId vm, boolean isSo) implements Expectation {}

    /// @param isSo whether a solo grant must stand for it, or must not
    record HasSoloGrant(VmId vm, boolean isSo) implements Expectation {}

    record Stopped(VmId vm) implements Expectation {}

    record Deleted(VmId vm) implements Expectation {}

    /// @param isSo whether its clients must have heard of it within the last second, or must not
    record Answers(VmId vm, boolean isSo) implements Expectation {}

    /// A write to one of its disks was answered within the last second.
    record Writes(VmId vm) implements Expectation {}

    /// Since the latest step that did something.
    record KeepsView(VmId vm) implements Expectation {}

    /// Since the start.
    record Takeovers(VmId vm, int number) implements Expectation {}

    /// Of all VMs, since the start.
    record AllTakeovers(int number) implements Expectation {}

    /// Since the start, the first one included.
    record Boots(VmId vm, int number) implements Expectation {}

    /// Every VM that is wanted has all that its level promises; every other is stopped.
    record AllProtected() implements Expectation {}

    /// Every VM that is wanted runs.
    record AllRun() implements Expectation {}
}
