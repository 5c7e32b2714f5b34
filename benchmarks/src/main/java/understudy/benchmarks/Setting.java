package understudy.benchmarks;

import java.util.Locale;
import understudy.lab.LabVm.Wish;
import understudy.model.Policy;

/// How a guest is run that is measured. The network card goes through the agent in all of them.
enum Setting {
    UNPROTECTED,
    THROUGHPUT,
    BALANCED,
    LATENCY;

    boolean isProtected() {
        return this != UNPROTECTED;
    }

    Wish wish(String name) {
        return switch (this) {
            case UNPROTECTED -> Wish.usual(name).onlyOn("h1");
            case THROUGHPUT -> Wish.usual(name).with(Policy.THROUGHPUT);
            case BALANCED -> Wish.usual(name).with(Policy.BALANCED);
            case LATENCY -> Wish.usual(name).with(Policy.LATENCY);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
