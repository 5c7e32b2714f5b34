package understudy.link;

import java.io.IOException;

/// One of the two agents declined the connection. The message is for people: what is wrong, and what to do.
public final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;
    private final Refusal refusal;

    RefusedException(Refusal refusal, String message) {
        super(message);
        this.refusal = refusal;
    }

    public Refusal refusal() {
        return refusal;
    }
}
