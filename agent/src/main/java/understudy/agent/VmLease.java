package understudy.agent;

import understudy.model.Moment;

/// Whether one VM's guest may reach the world from here, as far as leases go. Asked with every frame.
///
/// Threads: any.
final class VmLease {
    private volatile boolean needed;
    private volatile boolean wanted;
    private volatile Moment until;
    private volatile Runnable renewed = () -> {};

    /// Not needed, and not held.
    VmLease() {
        until = now();
    }

    /// Whether frames may leave, at this moment.
    boolean mayGoOn() {
        return !needed || isHeld();
    }

    boolean isHeld() {
        return now().compareTo(until) < 0;
    }

    /// Whether it is to be renewed: a guest here would go on by it.
    boolean isWanted() {
        return needed && wanted;
    }

    /// Whether there is a guest here.
    void want(boolean guestIsHere) {
        wanted = guestIsHere;
    }

    /// From here on another host could take over; or, as the ledger has said, it could not.
    void need(boolean now) {
        boolean loosened = needed && !now;
        needed = now;
        if (loosened) {
            renewed.run();
        }
    }

    /// What waits for a lease hears that there is one (again).
    ///
    /// @param toldAtOnce returns soon; from any thread
    void onRenewal(Runnable toldAtOnce) {
        renewed = toldAtOnce;
    }

    void extend(Moment end) {
        boolean wasHeld = isHeld();
        until = end;
        if (!wasHeld) {
            renewed.run();
        }
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }
}
