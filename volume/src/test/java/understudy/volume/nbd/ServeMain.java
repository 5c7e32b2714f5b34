package understudy.volume.nbd;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import understudy.volume.Volume;

/// Serves a plain file, or memory of so many bytes, until it is killed: to be measured beside other servers.
final class ServeMain {
    private ServeMain() {}

    public static void main(String[] args) throws Exception {
        Volume volume =
                args[1].startsWith("/") ? new FileVolume(Path.of(args[1])) : new MemoryVolume(Long.parseLong(args[1]));
        try (NbdServer _ = NbdServer.listen(Path.of(args[0]), Map.of("disk", volume))) {
            System.out.println("ready");
            new CountDownLatch(1).await();
        }
    }
}
