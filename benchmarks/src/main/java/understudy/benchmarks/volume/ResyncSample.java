package understudy.benchmarks.volume;

/// One round of resyncs. Rates are in MB/s (10^6 bytes).
///
/// @param diskRate          a file of the same size, written and flushed
/// @param linkRate          bytes over TCP between two processes of this machine, and nothing else
/// @param fullRate          all of the volume, to a replica that is new
/// @param partialRate       blocks that a replica missed, each on its own
/// @param quietP99Micros    a client's, with both replicas in sync
/// @param busyP99Micros     the same during a full resync
/// @param coveredByResync   whether the resync lasted longer than the client's work
record ResyncSample(
        int round,
        double diskRate,
        double linkRate,
        double fullRate,
        double partialRate,
        double quietP50Micros,
        double quietP99Micros,
        double busyP50Micros,
        double busyP99Micros,
        boolean coveredByResync) {

    /// What no resync can be faster than.
    double limit() {
        return Math.min(diskRate, linkRate);
    }
}
