package understudy.lab.demo;

import understudy.lab.DiskFault;
import understudy.lab.DiskRepair;
import understudy.lab.Lab;
import understudy.lab.Progress;

/// How a fault is made in the lab of a demonstration, and mended.
///
/// @param announcement said when it strikes
/// @param mended       said when it is mended; empty if it mends by itself
record Breakage(String announcement, Runnable strike, String mended, Runnable mend) {
    static final String WITNESS = "w1";

    /// What a disk does that fails so, but for one that only lies now and then.
    static String words(DiskFault how) {
        return switch (how) {
            case ERROR -> "FAILS: EVERY READ AND WRITE IS AN ERROR";
            case HANG -> "HANGS: WHOEVER USES IT WAITS WITHOUT END";
            case FULL -> "IS FULL: NOT ONE BLOCK IS FREE";
            case CORRUPT -> throw new IllegalArgumentException("not to be shown so: " + how.word());
        };
    }

    /// A disk that fails under the VM, and works again.
    private static Breakage ofDisk(DiskFault how, Lab lab, String active) {
        return new Breakage(
                "THE DISK OF %s, where the guest runs, %s".formatted(active, words(how)),
                () -> lab.breakDisk(active, how),
                "the disk of %s works again".formatted(active),
                () -> lab.repairDisk(active, DiskRepair.BACK));
    }

    /// @param how    a disk fails, if it is one that does
    /// @param active the host that runs the VM
    static Breakage of(DemoFault fault, DiskFault how, Lab lab, String active) {
        String other = active.equals("h1") ? "h2" : "h1";
        return switch (fault) {
            case HOST ->
                new Breakage(
                        "HOST %s LOST ITS POWER".formatted(active),
                        () -> lab.breakHost(active),
                        active + " has power again",
                        () -> lab.repairHost(active));
            case SHUTDOWN_HOST ->
                new Breakage(
                        "HOST %s IS SHUT DOWN, AS AN ADMINISTRATOR DOES".formatted(active),
                        () -> lab.shutdownHost(active, false, Progress.silent()),
                        active + " is switched on again",
                        () -> lab.repairHost(active));
            case SITE -> {
                String site = lab.topology().siteOf(lab.node(active));
                yield new Breakage(
                        "SITE %s, WITH HOST %s, LOST ITS POWER".formatted(site, active),
                        () -> lab.breakSite(site),
                        "site %s has power again".formatted(site),
                        () -> lab.repairSite(site));
            }
            case AGENT ->
                new Breakage(
                        "THE AGENT OF %s WAS KILLED".formatted(active),
                        () -> lab.breakAgent(active, false),
                        "",
                        () -> {});
            case PAUSE_AGENT ->
                new Breakage(
                        "THE AGENT OF %s STANDS STILL, AS ON AN OVERLOADED MACHINE".formatted(active),
                        () -> lab.pauseAgent(active),
                        "the agent of %s goes on".formatted(active),
                        () -> lab.resumeAgent(active));
            case DISK -> ofDisk(how, lab, active);
            case PEER_LINK ->
                new Breakage(
                        "ONE OF THE TWO PEER LINKS OF %s AND %s WAS CUT".formatted(active, other),
                        () -> lab.breakPeerLink(active, other, 0),
                        "the peer link is whole again",
                        () -> lab.repairPeerLink(active, other, 0));
            case PEER ->
                new Breakage(
                        "NOTHING PASSES BETWEEN %s AND %s ANY MORE; %s HEARS BOTH".formatted(active, other, WITNESS),
                        () -> lab.breakLink(active, other),
                        "%s and %s hear each other again".formatted(active, other),
                        () -> {
                            lab.repairLink(active, other);
                            lab.repairLink(other, active);
                        });
            case LINK ->
                new Breakage(
                        "WHAT %s SENDS TO %s DISAPPEARS; WHAT %s SENDS ARRIVES".formatted(active, WITNESS, WITNESS),
                        () -> lab.silenceLink(active, WITNESS),
                        "%s hears %s again".formatted(WITNESS, active),
                        () -> lab.repairLink(active, WITNESS));
            case WITNESS ->
                new Breakage(
                        "WITNESS %s LOST ITS POWER".formatted(WITNESS),
                        () -> lab.breakWitness(WITNESS),
                        WITNESS + " has power again",
                        () -> lab.repairWitness(WITNESS));
            case UPLINK, ALL -> throw new IllegalArgumentException("not to be shown so: " + fault.word());
        };
    }
}
