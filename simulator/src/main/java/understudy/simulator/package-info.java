/// A whole cluster of the machines under virtual time: faults, checkers.
@NullMarked
package understudy.simulator;

import org.jspecify.annotations.NullMarked;
