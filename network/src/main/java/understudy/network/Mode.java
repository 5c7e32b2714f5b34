package understudy.network;

/// What a port does with frames.
public enum Mode {
    /// Nothing leaves and nothing enters; frames of both directions are dropped and counted.
    SHUT,
    /// Frames leave as they come.
    OPEN,
    /// Frames enter as they come, and wait to leave until their epoch is released.
    GATED
}
