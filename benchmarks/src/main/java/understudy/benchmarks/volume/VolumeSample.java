package understudy.benchmarks.volume;

import java.util.Optional;

/// One measurement: one server, one workload, a few seconds.
///
/// @param failure empty if it went well; else what happened instead, for some servers get clients stuck
/// @param figures what was measured, if it went well
record VolumeSample(Contestant contestant, Workload workload, int round, String failure, Optional<Measured> figures) {

    /// @param rate         requests a second, or MB/s (10^6 bytes) for a bulk workload
    /// @param p50Micros    of the requests; of the flushes if the workload flushes
    /// @param cpuMicros    CPU time of all the server's processes for each request
    /// @param requests     how many were done
    record Measured(double rate, double p50Micros, double p99Micros, double cpuMicros, long requests) {}

    static VolumeSample failed(Contestant contestant, Workload workload, int round, String failure) {
        return new VolumeSample(contestant, workload, round, failure, Optional.empty());
    }
}
