package understudy.ledger;

import java.time.Duration;

/// A read was not confirmed by a majority of the voters in time.
public final class NoQuorum extends Exception {
    private static final long serialVersionUID = 1;

    NoQuorum(String why) {
        super(why);
    }

    NoQuorum(Duration bound, Throwable cause) {
        super("no majority of the ledger's voters answered within " + bound.toMillis() + " ms", cause);
    }
}
