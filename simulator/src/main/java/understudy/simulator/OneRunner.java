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
/// Where a VM has disks, or is below level `system`, frames leave ungated while it has no standby, and a takeover
/// is a boot then. A host that does not know yet that it was deposed may boot a guest that nobody hears; so
/// frames decide: once one of a later incarnation has left, none of an earlier one does.
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
        /// By incarnation: what went on from an image last.
        final Map<Integer, Branch> resumed = new TreeMap<>();
        /// Incarnations that another one has followed.
        final Set<Integer> over = new TreeSet<>();

        boolean isHeld(Point frame) {
            return Optional.ofNullable(held.get(frame.branch().id()))
                    .filter(it -> it.includes(frame))
                    .isPresent();
        }
    }

    private final Map<VmId, Line> lines = new TreeMap<>();
    private final Predicate<VmId> isAllInMemory;

    OneRunner(Predicate<VmId> isAllInMemory) {
        this.isAllInMemory = isAllInMemory;
    }

    @Override
    public Optional<String> check(Observation observation) {
        boolean gated = isAllInMemory.test(observation.vm());
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
                gated ? left(line, host.toString(), frame) : leftOneOfBoots(line, host.toString(), frame);
            case Observation.StartForced _,
                    Observation.WriteAcknowledged _,
                    Observation.FlushAcknowledged _,
                    Observation.GuestEnded _,
                    Observation.PairChosen _,
                    Observation.BlockRecalled _,
                    Observation.BlockFound _,
                    Observation.FlushKept _,
                    Observation.BlockRead _,
                    Observation.GateOpened _,
                    Observation.ViewAccepted _,
                    Observation.ViewProposed _,
                    Observation.ProposalRefused _ -> Optional.empty();
        };
    }

    private static Optional<String> resumed(Line line, Branch branch) {
        line.last = Optional.of(branch);
        line.resumed.put(branch.incarnation(), branch);
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
        boolean late = frame.branch().incarnation() != last.incarnation() && line.isHeld(frame);
        return late
                ? Optional.empty()
                : Optional.of("frame %s left %s, and branch %d runs from %s"
                        .formatted(
                                frame,
                                host,
                                last.id(),
                                last.fork().map(Point::toString).orElse("its boot")));
    }

    private static Optional<String> leftOneOfBoots(Line line, String host, Point frame) {
        int incarnation = frame.branch().incarnation();
        line.seen.merge(frame.branch().id(), frame, OneRunner::later);
        Branch resumed = line.resumed.getOrDefault(incarnation, frame.branch());
        if (!resumed.end().includes(frame)) {
            return Optional.of(
                    "frame %s left %s, and branch %d goes on without it".formatted(frame, host, resumed.id()));
        }
        if (line.over.contains(incarnation) && line.isHeld(frame)) {
            return Optional.empty();
        }
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
