package understudy.lab.demo;

import understudy.lab.Words;

/// What runs in the VM of a demonstration.
enum DemoGuest {
    /// The lab's own small Linux, with a client that sends echoes.
    LAB,
    /// Debian with PostgreSQL, with `pgbench`.
    POSTGRES;

    /// Reads what a person typed, and offers what may be.
    static final class Word extends Words<DemoGuest> {
        Word() {
            super(values());
        }
    }
}
