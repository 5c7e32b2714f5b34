package understudy.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;

/// What a volume's mirror asks of its VM's view machine, and hears from it.
///
/// The intuition: a [MirrorMachine] asks for a set of replicas, on top of the view that it knows. A [ViewMachine]
/// proposes views for all volumes of its VM: it hears what became of each replica, and asks in its own time. So a
/// wish is told as news of replicas. It has come true with a view that says so and was learnt after the news were
/// heard: whatever was asked for before them was asked for that number, and is dead then. A view that was learnt
/// earlier may say so, too, and an older wish for the next number may still be under way.
///
/// The mirror is not told of views that say of its volume what it knows. It is told of those that come unasked: a host
/// that went on alone, say, does not count on the other's replica any more, though the mirror never lost it.
///
/// The awkward cases:
/// - A wish that did not come true in time is overtaken by another, and may come true before that one. So a wish for
/// what is so already is granted at once only if none is open.
/// - Both replicas were lost, and the view machine believes that both failed. That one is wanted alone says that it
/// is there again, and missed nothing.
/// - A wish was made before its mirror heard of a later view: it is void ([#isStale]).
/// - A host comes in the place of another: what the mirror wished for is about a replica that has no part in the volume
/// any more. It is void, and the mirror is told what is so when it has let go of that replica.
/// - A host goes on alone by a view of its own; the ledger's view of the same number replaces that.
///
/// @param view       the newest that is known
/// @param told       the newest number that the mirror was told: the view's in its higher bits, a count in the others
/// @param toldInSync which hosts were in sync then
/// @param open       the last wish, until it has come true
public record MirrorWishes(VolumeId volume, View view, long told, List<HostName> toldInSync, Optional<Wish> open) {
    private static final int COUNT_BITS = 20;

    /// @param hosts     whose replicas are to be in sync, in the order of the VM's hosts
    /// @param mayComeIn whose were to be by this or an earlier wish that is open
    /// @param heardOn   the newest view when the view machine had heard it
    public record Wish(List<HostName> hosts, SortedSet<HostName> mayComeIn, Optional<View> heardOn) {
        public Wish {
            hosts = List.copyOf(hosts);
            mayComeIn = Collections.unmodifiableSortedSet(new TreeSet<>(mayComeIn));
        }
    }

    /// @param view that makes this host active
    public static MirrorWishes at(VolumeId volume, View view) {
        return new MirrorWishes(volume, view, 0, List.of(), Optional.empty());
    }

    /// For another mirror in this one's place, which has not read anything yet. What was wished for may still come
    /// true.
    public MirrorWishes handedOver() {
        return new MirrorWishes(volume, view, told, List.of(), open);
    }

    /// The VM's view that is meant by a number of the mirror's.
    public static long viewOf(long number) {
        return number >>> COUNT_BITS;
    }

    public List<HostName> inSync() {
        return inSync(view);
    }

    private List<HostName> inSync(View of) {
        return of.volume(volume).orElseThrow().inSync();
    }

    // ---- to the mirror --------------------------------------------------------------------------------------------

    /// Whether the mirror believes otherwise.
    public boolean isToBeTold() {
        return !toldInSync.isEmpty() && !toldInSync.equals(inSync());
    }

    /// The mirror is told what is so, by a number that it has not heard.
    public MirrorWishes telling() {
        long number = Math.max(told + 1, view.number() << COUNT_BITS);
        return new MirrorWishes(volume, view, number, inSync(), open);
    }

    // ---- from the mirror ------------------------------------------------------------------------------------------

    /// Whether a wish by this number was made on top of an older view than the mirror has been told of.
    public boolean isStale(long number) {
        return number <= told;
    }

    /// @return with a wish that is open, unless what is wanted is so, and stays so
    public MirrorWishes wished(List<HostName> hosts) {
        if (open.isEmpty() && inSync().equals(hosts)) {
            return this;
        }
        SortedSet<HostName> mayComeIn = new TreeSet<>(hosts);
        open.ifPresent(it -> mayComeIn.addAll(it.mayComeIn));
        return with(Optional.of(new Wish(hosts, mayComeIn, Optional.empty())));
    }

    /// What the view machine is to be told.
    public List<ViewInput> news() {
        if (open.isEmpty()) {
            return List.of();
        }
        Wish wish = open.get();
        List<ViewInput> news = new ArrayList<>();
        List<VolumeReplica> replicas = view.volume(volume).orElseThrow().replicas();
        for (VolumeReplica replica : replicas) {
            boolean counts = replica.inSync() || wish.mayComeIn.contains(replica.host());
            if (counts && !wish.hosts.contains(replica.host())) {
                news.add(new ViewInput.ReplicaFailed(volume, replica.host(), "the mirror lost it"));
            }
        }
        for (VolumeReplica replica : replicas) {
            if (wish.hosts.contains(replica.host())) {
                news.add(
                        replica.inSync()
                                ? new ViewInput.ReplicaRecovered(volume, replica.host())
                                : new ViewInput.ReplicaCaughtUp(volume, replica.host()));
            }
        }
        return news;
    }

    /// The view machine is about to hear the news; no view is learnt before it has.
    public MirrorWishes heard() {
        return with(open.map(it -> new Wish(it.hosts, it.mayComeIn, Optional.of(view))));
    }

    /// The view machine has heard the news, and has asked for nothing whose outcome is not known.
    ///
    /// @param wish whose news; another one may be open by now
    public MirrorWishes decided(Optional<Wish> wish) {
        boolean isSo = open.equals(wish)
                && open.filter(it -> it.hosts.equals(inSync()) && it.heardOn.isPresent())
                        .isPresent();
        return isSo ? with(Optional.empty()) : this;
    }

    // ---- from the view machine ------------------------------------------------------------------------------------

    public MirrorWishes learnt(View newest) {
        boolean isKnown = newest.number() < view.number() || isSame(newest, view);
        if (isKnown) {
            return this;
        }
        if (hasOtherHosts(newest)) {
            return new MirrorWishes(volume, newest, told, toldInSync, Optional.empty());
        }
        boolean isGranted = open.filter(it -> it.hosts.equals(inSync(newest)))
                .flatMap(Wish::heardOn)
                .filter(heard -> !isSame(heard, newest))
                .isPresent();
        return new MirrorWishes(volume, newest, told, toldInSync, isGranted ? Optional.empty() : open);
    }

    /// Whether a host comes in the place of another by a view. What was wished for was about that one.
    public boolean hasOtherHosts(View newest) {
        return newest.number() > view.number() && !hosts(newest).equals(hosts(view));
    }

    private List<HostName> hosts(View of) {
        return of.volume(volume).orElseThrow().replicas().stream()
                .map(VolumeReplica::host)
                .toList();
    }

    private static boolean isSame(View one, View other) {
        return one.number() == other.number() && one.proposal().equals(other.proposal());
    }

    private MirrorWishes with(Optional<Wish> next) {
        return new MirrorWishes(volume, view, told, toldInSync, next);
    }
}
