package understudy.volume.mirror;

/// Hears what happens to a served volume, one line each; from its driver's thread, so quickly.
public interface MirrorObserver {
    /// Somebody must act: data cannot be served, or are wrong somewhere.
    void error(String what);

    /// Redundancy is reduced.
    void warning(String what);

    void info(String what);

    /// The volume's only replica in sync has lost some of what it acknowledged: its host was restarted. Nothing is
    /// served before [ServedVolume#forgotten].
    void wentBack(ServedVolume volume);
}
