package understudy.volume.nbd;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import understudy.volume.Volume;

/// Serves volumes over NBD on a UNIX socket.
public final class NbdServer implements AutoCloseable {

    private NbdServer() {}

    /// Listens at once; an existing `socket` is replaced only if nobody answers on it.
    ///
    /// @param exports the volumes by their export names; with a single one, the empty name means it, too
    public static NbdServer listen(Path socket, Map<String, Volume> exports) throws IOException {
        throw new UnsupportedOperationException(socket + " " + exports.keySet());
    }

    /// Stops listening, ends the connections and gives their lanes up.
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
