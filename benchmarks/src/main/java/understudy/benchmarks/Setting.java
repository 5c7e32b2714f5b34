package understudy.benchmarks;

import java.util.Locale;
import understudy.lab.LabVm.Wish;
import understudy.model.ByteSize;
import understudy.model.Level;
import understudy.model.Policy;

/// How a guest is run that is measured. Its network card and its disk go through the agent in all of them.
enum Setting {
    UNPROTECTED,
    THROUGHPUT,
    BALANCED,
    LATENCY;

    private static final ByteSize DISK = ByteSize.ofMebibytes(64);

    boolean isProtected() {
        return this != UNPROTECTED;
    }

    /// A guest with a disk, which only [Work#DISK] uses.
    Wish wish(String name) {
        Wish wish = Wish.usual(name).withDisk(DISK);
        return switch (this) {
            case UNPROTECTED -> wish.onlyOn("h1");
            case THROUGHPUT -> wish.at(Level.SYSTEM).with(Policy.THROUGHPUT);
            case BALANCED -> wish.at(Level.SYSTEM).with(Policy.BALANCED);
            case LATENCY -> wish.at(Level.SYSTEM).with(Policy.LATENCY);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
