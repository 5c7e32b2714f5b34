package understudy.simulator;

import java.util.Optional;

/// A stretch of a guest's execution: from a boot, or from where an image went on, until whatever happens to it.
///
/// @param id          counts the branches of a run
/// @param incarnation the id of the boot that it descends from
/// @param fork        where it went on from; empty for a boot
record Branch(int id, int incarnation, Optional<Point> fork) {

    /// A place in a guest's execution; positions go on over a fork.
    record Point(Branch branch, long position) {
        /// Whether whoever is at this point has been at the other one.
        boolean includes(Point other) {
            Point here = this;
            while (here.branch.id != other.branch.id) {
                if (here.branch.fork.isEmpty()) {
                    return false;
                }
                here = here.branch.fork.get();
            }
            return other.position <= here.position;
        }

        @Override
        public String toString() {
            return branch.id + ":" + position;
        }
    }

    Point at(long position) {
        return new Point(this, position);
    }

    /// All that this branch has done and may yet do.
    Point end() {
        return new Point(this, Long.MAX_VALUE);
    }
}
