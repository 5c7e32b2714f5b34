package understudy.protocol;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VolumeId;
import understudy.model.VolumeView;

/// What a host knows of its VM's volumes that the ledger does not know yet, and what it asks for because of it.
///
/// What is told of a replica stays until a view has it so. A failed replica stays failed even when the known view
/// does not count on it, as long as any proposal is open: that one, or one which it overtook, may.
///
/// @param good    volumes whose replica on this host was opened and works; empty as long as nobody has looked
/// @param changes what is to become of replicas, one thing each
record VolumeNews(Optional<SortedSet<VolumeId>> good, SortedMap<Where, Change> changes) {

    /// One replica.
    record Where(VolumeId volume, HostName host) implements Comparable<Where> {
        @Override
        public int compareTo(Where other) {
            int byVolume = volume.compareTo(other.volume);
            return byVolume != 0 ? byVolume : host.compareTo(other.host);
        }
    }

    sealed interface Change {
        /// It failed: nothing more is acknowledged that counts on it.
        ///
        /// @param since the newest view that was known then
        record Out(long since) implements Change {}

        /// It is whole, and nothing is acknowledged any more that it does not have.
        record In() implements Change {}

        /// There is an empty one in its place.
        record Replaced(UUID id) implements Change {}
    }

    VolumeNews {
        good = good.map(it -> Collections.unmodifiableSortedSet(new TreeSet<>(it)));
        changes = Collections.unmodifiableSortedMap(new TreeMap<>(changes));
    }

    static VolumeNews none() {
        return new VolumeNews(Optional.empty(), new TreeMap<>());
    }

    /// Without what was told of other hosts.
    VolumeNews of(List<HostName> hosts) {
        SortedMap<Where, Change> rest = new TreeMap<>(changes);
        rest.keySet().removeIf(where -> !hosts.contains(where.host));
        return new VolumeNews(good, rest);
    }

    VolumeNews withoutChanges() {
        return new VolumeNews(good, new TreeMap<>());
    }

    /// This host's replicas were looked at, for the first time or again.
    VolumeNews found(List<VolumeId> works, HostName self) {
        SortedMap<Where, Change> rest = new TreeMap<>(changes);
        works.forEach(volume -> withoutFailure(rest, new Where(volume, self)));
        return new VolumeNews(Optional.of(new TreeSet<>(works)), rest);
    }

    /// Whether this host's replica was looked at and works.
    boolean isGood(VolumeId volume) {
        return good.filter(it -> it.contains(volume)).isPresent();
    }

    VolumeNews failed(VolumeId volume, HostName host, long known) {
        return with(new Where(volume, host), new Change.Out(known));
    }

    VolumeNews recovered(VolumeId volume, HostName host) {
        SortedMap<Where, Change> rest = new TreeMap<>(changes);
        withoutFailure(rest, new Where(volume, host));
        return new VolumeNews(good, rest);
    }

    private static void withoutFailure(SortedMap<Where, Change> changes, Where where) {
        if (changes.get(where) instanceof Change.Out) {
            changes.remove(where);
        }
    }

    boolean isFailed(VolumeId volume, HostName host) {
        return isFailed(new Where(volume, host));
    }

    private boolean isFailed(Where where) {
        return changes.get(where) instanceof Change.Out;
    }

    /// A copy is whole. It cannot be one that was begun after a failure which no view has seen yet.
    VolumeNews caughtUp(VolumeId volume, HostName host) {
        Where where = new Where(volume, host);
        return isFailed(where) ? this : with(where, new Change.In());
    }

    VolumeNews replaced(VolumeId volume, HostName host, UUID id) {
        Where where = new Where(volume, host);
        return changes.containsKey(where) ? this : with(where, new Change.Replaced(id));
    }

    private VolumeNews with(Where where, Change change) {
        SortedMap<Where, Change> more = new TreeMap<>(changes);
        more.put(where, change);
        return new VolumeNews(good, more);
    }

    /// Forgets what a view has made true.
    ///
    /// @param open a proposal that was made on top of the view; it or one that it overtook may still land
    VolumeNews settled(View view, Optional<View> open) {
        SortedMap<Where, Change> rest = new TreeMap<>(changes);
        rest.entrySet().removeIf(entry -> isSettled(entry.getKey(), entry.getValue(), view, open));
        return new VolumeNews(good, rest);
    }

    private static boolean isSettled(Where where, Change change, View view, Optional<View> open) {
        boolean in = isIn(where, view);
        return switch (change) {
            case Change.Out(long since) -> !in && (view.number() > since || open.isEmpty());
            case Change.In() -> in;
            case Change.Replaced(UUID id) ->
                in
                        || view.volume(where.volume)
                                .flatMap(volume -> volume.on(where.host))
                                .filter(replica -> replica.id().equals(id))
                                .isPresent();
        };
    }

    private static boolean isIn(Where where, View view) {
        return view.volume(where.volume)
                .filter(volume -> volume.isInSync(where.host))
                .isPresent();
    }

    // ---- what is asked for ------------------------------------------------------------------------------------------

    /// What an active wants on top of a view: first that goes what failed (one that is in sync stays, failed or
    /// not), then comes what is whole.
    List<VolumeView> wish(View view) {
        return view.volumes().stream().map(this::wish).toList();
    }

    private VolumeView wish(VolumeView volume) {
        VolumeView next = withoutFailed(volume);
        for (var entry : changes.entrySet()) {
            Where where = entry.getKey();
            if (where.volume.equals(volume.volume())) {
                next = switch (entry.getValue()) {
                    case Change.Out _ -> next;
                    case Change.In() -> next.with(where.host);
                    case Change.Replaced(UUID id) -> next.replaced(where.host, id);
                };
            }
        }
        return next;
    }

    /// What a view that ends a run may say: nothing comes in any more.
    List<VolumeView> atEnd(View view) {
        return view.volumes().stream().map(this::withoutFailed).toList();
    }

    private VolumeView withoutFailed(VolumeView volume) {
        return volume.keeping(host -> !isFailed(new Where(volume.volume(), host)));
    }

    /// What a new life asks for before it serves anything: its own replica alone, if that is in sync and works,
    /// else those of others. What was under way in an earlier life may have reached one replica only, so from
    /// here on one counts, and the others come back by resync.
    List<VolumeView> atStart(View view, HostName self) {
        return view.volumes().stream().map(volume -> atStart(volume, self)).toList();
    }

    private VolumeView atStart(VolumeView volume, HostName self) {
        boolean own = volume.isInSync(self) && isGood(volume.volume());
        return volume.keeping(host -> host.equals(self) == own);
    }
}
