package understudy.volume.mirror;

/// What disks and wires in memory leave to chance: how long they take, and how much they move at a time.
interface Chance {
    /// As fast as they can, all at once.
    Chance NONE = new Chance() {
        @Override
        public void pause(long nanosMax) {}

        @Override
        public int some(int count) {
            return count;
        }
    };

    void pause(long nanosMax);

    /// @return from 1 to `count`
    int some(int count);
}
