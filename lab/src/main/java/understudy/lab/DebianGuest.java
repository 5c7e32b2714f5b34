package understudy.lab;

import java.nio.file.Path;
import java.util.List;
import understudy.model.ByteSize;

/// A guest that is Debian with PostgreSQL, as `apt-get` would have installed them: it boots from its disk, by BIOS, has
/// the address [#ADDRESS], and lets the lab's LAN in as any user.
///
/// @param disk   a qcow2 image of 1 GiB
/// @param client a folder with `psql` and `pgbench` and all libraries that they need
public record DebianGuest(Path disk, Path client) {
    public static final String ADDRESS = "10.77.0.50";

    /// Enough for it.
    public static final ByteSize MEMORY = ByteSize.ofMebibytes(512);

    private static final String LOADER = "ld-linux-x86-64.so.2";

    /// The beginning of a command that runs one of the client's programs here, whatever this machine has installed.
    public List<String> program(String name) {
        return List.of(
                client.resolve(LOADER).toString(),
                "--library-path",
                client.toString(),
                client.resolve(name).toString());
    }
}
