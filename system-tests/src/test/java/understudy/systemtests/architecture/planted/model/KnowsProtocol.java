package understudy.systemtests.architecture.planted.model;

import understudy.systemtests.architecture.planted.protocol.Pure;

/// An arrow down the list of modules.
public final class KnowsProtocol {
    private final Pure known = new Pure();

    /// Uses it.
    public long use() {
        return known.sum();
    }
}
