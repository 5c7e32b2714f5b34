package understudy.ledger;

import java.util.UUID;
import understudy.model.VmRecord;

/// A VM's record in a file of a host's own, for the time when nobody can be asked.
///
/// @param boot  the start of the host in which it was written
/// @param known what the host knew then
public record SavedRecord(UUID boot, VmRecord known) {

    public byte[] bytes() {
        return LedgerJson.encode(this);
    }

    /// @throws IllegalArgumentException if the bytes are no record of a known format
    public static SavedRecord parse(byte[] bytes) {
        return LedgerJson.saved(bytes);
    }
}
