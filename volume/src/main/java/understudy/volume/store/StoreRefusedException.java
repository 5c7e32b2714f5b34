package understudy.volume.store;

import java.io.IOException;

/// A replica cannot be created, opened or adopted as it is. Nothing was changed.
public final class StoreRefusedException extends IOException {
    private static final long serialVersionUID = 1;

    private final String correction;

    /// @param correction what somebody could do about it
    public StoreRefusedException(String what, String correction) {
        super(what);
        this.correction = correction;
    }

    /// What somebody could do about it.
    public String correction() {
        return correction;
    }
}
