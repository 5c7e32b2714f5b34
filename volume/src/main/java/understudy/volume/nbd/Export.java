package understudy.volume.nbd;

import java.nio.charset.StandardCharsets;
import understudy.volume.Volume;

/// A volume under the name by which clients ask for it.
///
/// @param name of at most 4096 bytes of UTF-8, without 0
public record Export(String name, Volume volume, boolean readOnly) {

    public Export {
        if (name.getBytes(StandardCharsets.UTF_8).length > Nbd.STRING_BYTES_MAX || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("not a name for an export: " + name);
        }
    }
}
