package understudy.qemu;

import java.io.IOException;

/// A QMP command that brought no result.
public final class QmpException extends IOException {
    private static final long serialVersionUID = 1;

    /// What is known of the command after the failure.
    public enum Kind {
        /// QEMU answered with an error: the command had no effect beyond what its documentation says.
        REFUSED,
        /// No answer within the time given: the command may still be carried out.
        TIMED_OUT,
        /// The connection ended, or was never made: the command may have been carried out, QEMU may be dead.
        DISCONNECTED,
        /// The peer does not speak QMP: the connection was closed.
        GARBAGE
    }

    private final Kind kind;
    private final String errorClass;
    private final String description;

    QmpException(Kind kind, String errorClass, String description) {
        super(errorClass.isEmpty() ? description : description + " (" + errorClass + ")");
        this.kind = kind;
        this.errorClass = errorClass;
        this.description = description;
    }

    QmpException(Kind kind, String description) {
        this(kind, "", description);
    }

    /// The same failure seen by another waiter: its own stack, the shared one as the cause.
    QmpException again(String command) {
        QmpException copy = new QmpException(kind, errorClass, command + ": " + description);
        copy.initCause(this);
        return copy;
    }

    public Kind kind() {
        return kind;
    }

    /// QEMU's error class, such as `GenericError`; empty unless the kind is `REFUSED`.
    public String errorClass() {
        return errorClass;
    }

    /// QEMU's own words, or ours when the kind is not `REFUSED`.
    public String description() {
        return description;
    }
}
