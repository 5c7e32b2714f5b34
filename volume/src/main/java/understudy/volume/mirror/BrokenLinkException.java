package understudy.volume.mirror;

import java.io.IOException;

/// The other side of a link broke the protocol, refused, or is gone.
public final class BrokenLinkException extends IOException {
    private static final long serialVersionUID = 1;

    public BrokenLinkException(String what) {
        super(what);
    }
}
