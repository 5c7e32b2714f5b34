package understudy.volume.store;

/// What a host's simulated disks have in common: they stop at the same moment.
final class SimulatedPower {
    private long sectorsLeft = Long.MAX_VALUE;
    private boolean isOff;

    /// It goes when so many more sectors have been written.
    void cutAfter(long sectors) {
        sectorsLeft = sectors;
    }

    boolean isOff() {
        return isOff;
    }

    void on() {
        isOff = false;
        sectorsLeft = Long.MAX_VALUE;
    }

    void need() {
        if (isOff) {
            throw new PowerLostException();
        }
    }

    /// One sector more, or a sync.
    void spend() {
        need();
        if (--sectorsLeft < 0) {
            isOff = true;
            throw new PowerLostException();
        }
    }
}
