package understudy.protocol;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import understudy.model.Moment;
import understudy.model.RestartLimit;

/// Decides when a guest that died is started again, and when no more.
///
/// The intuition: a guest that dies once is started at once; one that dies again soon needs rest, each time twice as
/// long, because whatever kills it (a full log, a client that sends the same request again) may pass; one that dies
/// more often than its owner allows is left alone, with its reason, before it has eaten its disks.
///
/// Counted is what one host saw in one life of its agent, and only of guests that ran: a QEMU that cannot be started
/// is a fault of the host's, and heals. Where a standby holds the guest, it goes on, however often ([ViewMachine]).
///
/// Rejected: counting in the ledger. A guest that keeps dying would write into it each time, and one that moves between
/// its hosts by dying is slowed down by the copies in between.
///
/// @param deaths those that are not forgotten, oldest first; at most one more than forgiven
public record RestartPolicy(RestartLimit limit, List<Moment> deaths) {
    private static final Duration REST = Duration.ofSeconds(1);
    private static final Duration REST_MAX = Duration.ofMinutes(1);
    /// How long a death counts where there is no limit, and how many do.
    private static final Duration REMEMBERED = Duration.ofMinutes(10);

    private static final int REMEMBERED_MAX = 16;

    /// What is to become of a guest that died.
    public sealed interface Verdict {

        /// It is started again, after this rest at the earliest.
        record StartAgain(Duration rest) implements Verdict {}

        /// It is left alone.
        ///
        /// @param reason for people
        record GiveUp(String reason) implements Verdict {}
    }

    public RestartPolicy {
        deaths = List.copyOf(deaths);
    }

    /// Nothing has died yet.
    public static RestartPolicy of(RestartLimit limit) {
        return new RestartPolicy(limit, List.of());
    }

    /// Whether a guest that dies in this part would be started again here: where an image of it is, that goes on.
    public static boolean isToBeAsked(Part part) {
        return switch (part) {
            case Part.Booting _, Part.Running _, Part.Copying _, Part.Dropping _ -> true;
            case Part.Raising _, Part.Protected _, Part.HandingOver _, Part.Yielding _ -> false;
            case Part.Idle _,
                    Part.Found _,
                    Part.Starting _,
                    Part.Taking _,
                    Part.Outwaiting _,
                    Part.Halting _,
                    Part.Receiving _,
                    Part.Holding _,
                    Part.Claiming _,
                    Part.Resuming _ -> false;
        };
    }

    /// The guest died.
    public RestartPolicy died(Moment at) {
        Duration within = limit.isNone() ? REMEMBERED : limit.within();
        int most = limit.isNone() ? REMEMBERED_MAX : limit.deaths() + 1;
        List<Moment> recent = new ArrayList<>(deaths.stream()
                .filter(death -> at.since(death).compareTo(within) < 0)
                .toList());
        recent.add(at);
        return new RestartPolicy(limit, recent.subList(Math.max(0, recent.size() - most), recent.size()));
    }

    /// What follows from the last death.
    public Verdict verdict() {
        int count = deaths.size();
        if (!limit.isNone() && count > limit.deaths()) {
            return new Verdict.GiveUp("its guest died %d times within %s".formatted(count, time(limit.within())));
        }
        if (count < 2) {
            return new Verdict.StartAgain(Duration.ZERO);
        }
        Duration rest = REST.multipliedBy(1L << Math.min(count - 2, 16));
        return new Verdict.StartAgain(rest.compareTo(REST_MAX) < 0 ? rest : REST_MAX);
    }

    private static String time(Duration time) {
        return time.toSecondsPart() == 0 ? time.toMinutes() + " min" : time.toSeconds() + " s";
    }
}
