package understudy.distribution.architecture.planted.model;

import understudy.distribution.architecture.planted.protocol.Pure;

/// An arrow down the list of modules.
public final class KnowsProtocol {
    private final Pure known = new Pure();

    /// Uses it.
    public long use() {
        return known.sum();
    }
}
