/// Apache Ratis behind one small interface: what must never be decided twice is decided here, by a majority of
/// the voters. What is decided, and how, is `understudy.protocol.LedgerState`.
@NullMarked
package understudy.ledger;

import org.jspecify.annotations.NullMarked;
