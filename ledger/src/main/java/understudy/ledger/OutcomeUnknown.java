package understudy.ledger;

import java.time.Duration;

/// A proposal was not answered in time: it may have been decided, or be decided later.
public final class OutcomeUnknown extends Exception {
    private static final long serialVersionUID = 1;

    OutcomeUnknown(Duration bound, Throwable cause) {
        super("the ledger did not answer within " + bound.toMillis() + " ms: read it again before deciding", cause);
    }
}
