package understudy.distribution.architecture.planted.linux;

import java.util.List;
import understudy.distribution.architecture.planted.link.KnowsLinux;

/// An arrow down the list of modules, by a type argument alone.
public interface KnowsLink {
    /// Mentions it.
    List<? extends KnowsLinux> known();
}
