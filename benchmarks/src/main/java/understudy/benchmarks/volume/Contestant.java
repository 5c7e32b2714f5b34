package understudy.benchmarks.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import understudy.benchmarks.server.Engine;
import understudy.benchmarks.server.NbdTarget;
import understudy.benchmarks.server.Servers;
import understudy.benchmarks.server.StockServers;
import understudy.benchmarks.server.StockServers.Remote;
import understudy.model.ByteSize;

/// Who is measured. Only those with as many copies are compared.
enum Contestant {
    UNDERSTUDY("understudy", 1),
    QEMU_NBD("qemu-nbd", 1),
    NBDKIT("nbdkit file", 1),
    UNDERSTUDY_MIRRORED("understudy", 2),
    QUORUM("QEMU quorum, remote qemu-nbd", 2),
    MIRROR_QEMU_NBD("QEMU mirror, remote qemu-nbd", 2),
    MIRROR_NBDKIT("QEMU mirror, remote nbdkit", 2);

    private final String title;
    private final int copies;

    Contestant(String title, int copies) {
        this.title = title;
        this.copies = copies;
    }

    /// Starts it with an empty disk, whose images lie in `folder`.
    NbdTarget start(Servers servers, Path folder, ByteSize size) throws IOException {
        String name = toString();
        StockServers stock = new StockServers(servers, size);
        return switch (this) {
            case UNDERSTUDY -> new Engine(servers, size).unmirrored(name, folder);
            case QEMU_NBD -> stock.qemuNbd(name, folder);
            case NBDKIT -> stock.nbdkit(name, folder);
            case UNDERSTUDY_MIRRORED -> new Engine(servers, size).mirrored(name, folder);
            case QUORUM -> stock.quorum(name, folder, Remote.QEMU_NBD);
            case MIRROR_QEMU_NBD -> stock.mirrorJob(name, folder, Remote.QEMU_NBD);
            case MIRROR_NBDKIT -> stock.mirrorJob(name, folder, Remote.NBDKIT);
        };
    }

    static List<Contestant> withCopies(int copies) {
        return Arrays.stream(values()).filter(it -> it.copies == copies).toList();
    }

    boolean isOurs() {
        return this == UNDERSTUDY || this == UNDERSTUDY_MIRRORED;
    }

    int copies() {
        return copies;
    }

    /// For a table of those with as many copies.
    String title() {
        return title;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
