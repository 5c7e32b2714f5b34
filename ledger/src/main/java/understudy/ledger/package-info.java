/// Ratis, its state machine, membership.
@NullMarked
package understudy.ledger;

import org.jspecify.annotations.NullMarked;
