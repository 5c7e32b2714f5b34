package understudy.protocol;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import understudy.model.Moment;
import understudy.model.VmId;
import understudy.model.VmRecord;

/// Decides which VMs wait for their turn when all start at once: after a total loss of power the database is to run
/// before what asks it.
///
/// The intuition: the turn of a start order comes when every wanted VM of a lower one has come up, wherever in the
/// cluster, and a VM starts its delay after its turn. Every host decides for itself, from the ledger and from what all
/// hosts report; none has to be told by another.
///
/// The awkward cases:
/// - A VM that does not come up (its host is gone, its image is broken) holds the others for [#UP_MAX] after it might
///   have started, and not for ever.
/// - What came up once does not hold anybody again, should it fail: this is about a beginning.
/// - An agent that is restarted in a cluster that runs learns at its first looks that everything is up. What is up has
///   had its turn: should it be lost the moment after, this host takes it over as ever.
/// - A VM that is created, or started by its users, later: it waits only while turns are still to come, which is over
///   at the latest when all those times are.
///
/// Rejected: an order of the starts on one host alone, as hypervisors have it. A pair's VMs depend on each other
/// across hosts. And waiting until a guest has booted: nobody knows when that is; the delay stands for it.
///
/// @param began  when this host began to start VMs
/// @param cameUp when which VM was first seen to run; unmodifiable
public record StartOrder(Moment began, SortedMap<VmId, Moment> cameUp) {
    /// How long a VM that could start and does not run is waited for.
    public static final Duration UP_MAX = Duration.ofSeconds(60);

    public StartOrder {
        cameUp = Collections.unmodifiableSortedMap(new TreeMap<>(cameUp));
    }

    /// Nothing has been seen to run yet.
    public static StartOrder from(Moment began) {
        return new StartOrder(began, new TreeMap<>());
    }

    /// These run, as their hosts say.
    public StartOrder seen(Set<VmId> running, Moment now) {
        if (cameUp.keySet().containsAll(running)) {
            return this;
        }
        SortedMap<VmId, Moment> more = new TreeMap<>(cameUp);
        running.forEach(vm -> more.putIfAbsent(vm, now));
        return new StartOrder(began, more);
    }

    /// Those that are not to be started yet.
    public SortedSet<VmId> held(Collection<VmRecord> vms, Moment now) {
        SortedMap<Integer, List<VmRecord>> orders = new TreeMap<>();
        vms.stream()
                .filter(VmRecord::wanted)
                .forEach(vm -> orders.computeIfAbsent(vm.spec().care().startOrder(), _ -> new ArrayList<>())
                        .add(vm));
        SortedSet<VmId> held = new TreeSet<>();
        Moment turn = began;
        for (Map.Entry<Integer, List<VmRecord>> order : orders.entrySet()) {
            Moment next = turn;
            for (VmRecord vm : order.getValue()) {
                Moment start = turn.plus(Duration.ofSeconds(vm.spec().care().startDelaySeconds()));
                if (now.compareTo(start) < 0 && !cameUp.containsKey(vm.spec().id())) {
                    held.add(vm.spec().id());
                }
                Moment done = done(vm, start);
                next = done.compareTo(next) > 0 ? done : next;
            }
            turn = next;
        }
        return held;
    }

    /// When the others need not wait for it any longer.
    private Moment done(VmRecord vm, Moment start) {
        Moment up = cameUp.get(vm.spec().id());
        Moment last = start.plus(UP_MAX);
        return up != null && up.compareTo(last) < 0 ? up : last;
    }
}
