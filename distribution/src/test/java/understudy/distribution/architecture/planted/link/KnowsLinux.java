package understudy.distribution.architecture.planted.link;

/// An arrow up the list of modules, between edges that do not know each other; by a type that is only mentioned.
public interface KnowsLinux {
    /// Mentions it.
    void take(understudy.distribution.architecture.planted.linux.KnowsLink other);
}
