package understudy.network;

/// Hears what happens at a port. Called on the port's own thread, which serves no frames meanwhile: return soon,
/// and call the port's methods from elsewhere or not at all.
public interface Listener {
    /// Whether frames may leave through an open port now. Asked under the port's lock, directly before each frame is
    /// handed to the uplink, so that a process that stood still lets nothing out by what was so before; to be
    /// answered at once. What may not leave is held until [Port#retry].
    default boolean mayLeave() {
        return true;
    }

    /// The first frame of the running epoch is held: it waits for a checkpoint.
    void outputWaiting();

    /// So much is held that the port reads nothing more from the guest until a release makes room. Told once
    /// each time.
    void outputFull();

    /// QEMU has closed the connection, or sent what is no frame. What is held may still be released.
    void guestGone(String reason);

    /// The uplink has refused a frame, which is lost. Told once until one is taken again.
    void uplinkFailed(String reason);
}
