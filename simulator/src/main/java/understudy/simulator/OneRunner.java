package understudy.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import understudy.model.VmId;
import understudy.simulator.Branch.Point;

/// Invariant 1: all that the world sees of a VM belongs to one execution.
///
/// Below level `system` frames leave ungated, and a takeover is a boot. There a host that does not know yet that it was
/// deposed may boot a guest that nobody hears; so frames decide: once one of a later incarnation has left, none of an
/// earlier one does.
///
/// Whoever goes on last defines it: frames may leave only from its own past or present. So when an image goes
/// on from a point, no frame of the old branch beyond that point may have left before, nor leave later. After a
/// boot, a frame of an older incarnation may still leave if a standby once held it (a host that slept may hold
/// the confirmation), since it is part of what was committed and no more than a late packet; one that waited
/// for no standby may not.
final class OneRunner implements Checker {

    /// One VM's execution: its latest branch, and per branch how far it was seen and how far a standby held it.
    private static final class Line {
        Optional<Branch> last = Optional.empty();
        final Map<Integer, Point> seen = new TreeMap<>();
        final Map<Integer, Point> held = new TreeMap<>();
        /// Incarnations that another one has followed.
        final Set<Integer> over = new TreeSet<>();
    }

    private final Map<VmId, Line> lines = new TreeMap<>();
    private final Predicate<VmId> isGated;

    /// @param isGated whether frames of a VM wait for epochs, as they do at level `system`
    OneRunner(Predicate<VmId> isGated) {
        this.isGated = isGated;
    }

    @Override
    public Optional<String> check(Observation observation) {
        boolean gated = isGated.test(observation.vm());
        Line line = lines.computeIfAbsent(observation.vm(), _ -> new Line());
        return switch (observation) {
            case Observation.GuestBooted(var _, var _, Branch branch) -> {
                line.last = gated ? Optional.of(branch) : line.last;
                yield Optional.empty();
            }
            case Observation.ImageResumed(var _, var _, Branch branch) -> resumed(line, branch);
            case Observation.EpochHeld(var _, var _, Point end) -> {
                line.held.merge(end.branch().id(), end, OneRunner::later);
                yield Optional.empty();
            }
            case Observation.FrameLeft(var _, var host, Point frame) ->
                gated ? left(line, host.toString(), frame) : leftUngated(line, host.toString(), frame);
            case Observation.StartForced _,
                    Observation.WriteAcknowledged _,
                    Observation.FlushAcknowledged _,
                    Observation.BlockRead _,
                    Observation.GateOpened _,
                    Observation.ViewAccepted _,
                    Observation.ViewProposed _,
                    Observation.ProposalRefused _ -> Optional.empty();
        };
    }

    private static Optional<String> resumed(Line line, Branch branch) {
        line.last = Optional.of(branch);
        return line.seen.values().stream()
                .filter(seen -> seen.branch().incarnation() == branch.incarnation())
                .filter(seen -> !branch.end().includes(seen))
                .findFirst()
                .map(seen -> "%s goes on, and frame %s had left"
                        .formatted(branch.fork().orElseThrow(), seen));
    }

    private static Optional<String> left(Line line, String host, Point frame) {
        line.seen.merge(frame.branch().id(), frame, OneRunner::later);
        Branch last = line.last.orElseThrow();
        if (last.end().includes(frame)) {
            return Optional.empty();
        }
        boolean late = frame.branch().incarnation() != last.incarnation()
                && Optional.ofNullable(line.held.get(frame.branch().id()))
                        .filter(held -> held.includes(frame))
                        .isPresent();
        return late
                ? Optional.empty()
                : Optional.of("frame %s left %s, and branch %d runs from %s"
                        .formatted(
                                frame,
                                host,
                                last.id(),
                                last.fork().map(Point::toString).orElse("its boot")));
    }

    private static Optional<String> leftUngated(Line line, String host, Point frame) {
        int incarnation = frame.branch().incarnation();
        if (line.over.contains(incarnation)) {
            return Optional.of("frame %s left %s after one of branch %d"
                    .formatted(frame, host, line.last.orElseThrow().id()));
        }
        line.last
                .filter(last -> last.incarnation() != incarnation)
                .ifPresent(last -> line.over.add(last.incarnation()));
        line.last = Optional.of(frame.branch());
        return Optional.empty();
    }

    private static Point later(Point one, Point other) {
        return one.position() >= other.position() ? one : other;
    }
}
