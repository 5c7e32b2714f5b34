package understudy.benchmarks;

import java.util.Optional;
import understudy.api.Checkpoints;

/// One measurement: one guest, one setting, one kind of work, a few seconds.
///
/// @param echoP50Millis      round trip of an echo, if there were echoes
/// @param echoesPerSecond    one after the other
/// @param loopSlowdown       how often the CPU loop turned in an unprotected guest, by turns with this one, while it
///                           turned once in this one; if that was the work
/// @param dirtiedMibPerSecond what the guest says that it wrote, by its own clock
/// @param diskRequestsPerSecond of the guest to its disk, one after the other
/// @param checkpoints        as the agent counts them, if the guest was protected
record Sample(
        Setting setting,
        Work work,
        int round,
        Optional<Double> echoP50Millis,
        Optional<Double> echoP99Millis,
        Optional<Double> echoesPerSecond,
        Optional<Double> loopSlowdown,
        Optional<Double> dirtiedMibPerSecond,
        Optional<Double> diskRequestsPerSecond,
        Optional<Checkpoints> checkpoints) {}
