package understudy.volume.epoch;

/// The rules on which disk epochs rest, one by one, so that tests can show what comes of breaking each.
///
/// @param commitsFirst  nothing is applied before the standby has it
/// @param tellsFirst    no segment is begun before the standby knows that all before it are applied
/// @param flushesFirst  no segment is begun before those up to a flush before it are flushed
/// @param readsAsAsked  a read sees what was kept when it was submitted, not when it is answered
record Rules(boolean commitsFirst, boolean tellsFirst, boolean flushesFirst, boolean readsAsAsked) {
    static final Rules ALL = new Rules(true, true, true, true);
}
