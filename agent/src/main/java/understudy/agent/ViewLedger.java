package understudy.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.protocol.ViewInput;
import understudy.volume.mirror.VolumeLedger;
import understudy.volume.mirror.VolumeView;

/// A volume's ledger that is its VM's view: what the mirror asks for becomes inputs of the view machine, and what
/// that machine learns is what the mirror learns.
///
/// Numbers: the VM's view n is 2n to the mirror, and 2n + 1 once the mirror has asked for what it says. So a
/// mirror that asks for what is so already, as it does at its beginning, has its answer at once.
///
/// Threads: the mirror's asks, one at a time; the driver's tells of views.
final class ViewLedger implements VolumeLedger {
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /// The proposal of a view that the mirror has not asked for.
    private static final UUID FOREIGN = new UUID(0, 0);

    /// The start of a host of which no more is known than that it once was.
    private static final UUID UNKNOWN_BOOT = new UUID(0, 0);

    private final VolumeId volume;
    private final HostName self;
    private final Consumer<ViewInput> machine;
    private final Map<UUID, UUID> boots = new HashMap<>();
    private View view;
    private Optional<Asked> asked = Optional.empty();

    /// What was asked for last, on top of which view: until a later one is learnt it may still come to be.
    private record Asked(long view, List<HostName> hosts) {}

    /// @param view    the one of this life, which makes this host active
    /// @param boot    this start of this host
    /// @param machine takes inputs, in order, and returns at once
    ViewLedger(VolumeId volume, HostName self, View view, UUID boot, Consumer<ViewInput> machine) {
        this.volume = volume;
        this.self = self;
        this.machine = machine;
        this.view = view;
        boots.put(replica(view, self).id(), boot);
    }

    /// The VM's view that is meant by a number of the mirror's.
    static long viewOf(long mirrors) {
        return mirrors / 2;
    }

    synchronized void learn(View newest) {
        if (newest.number() > view.number()) {
            view = newest;
            notifyAll();
        }
    }

    @Override
    public synchronized Optional<VolumeView> read() {
        return Optional.of(new VolumeView(2 * view.number(), members(), FOREIGN));
    }

    @Override
    public synchronized boolean names(UUID replica) {
        return host(replica).isPresent();
    }

    @Override
    public synchronized VolumeView propose(VolumeView wanted) throws IOException {
        wanted.inSync().forEach(member -> boots.put(member.replica(), member.boot()));
        name(wanted);
        List<HostName> hosts = hosts(wanted);
        boolean isSo = inSync(view).equals(hosts)
                && asked.filter(it -> it.view == view.number() && !it.hosts.equals(hosts))
                        .isEmpty();
        if (!isSo) {
            long base = view.number();
            ask(hosts);
            asked = Optional.of(new Asked(base, hosts));
            await(newest -> newest.number() > base && inSync(newest).equals(hosts));
        }
        return new VolumeView(2 * view.number() + 1, members(), wanted.proposal());
    }

    /// Has a replica that is in another's place named before it can come in.
    private void name(VolumeView wanted) throws IOException {
        for (VolumeView.Member member : wanted.inSync()) {
            if (host(member.replica()).isEmpty()) {
                HostName where = hostOfUnknown(wanted);
                machine.accept(new ViewInput.ReplicaReplaced(volume, where, member.replica()));
                await(newest -> replica(newest, where).id().equals(member.replica()));
            }
        }
    }

    private void ask(List<HostName> hosts) {
        for (VolumeReplica replica : replicas(view)) {
            HostName host = replica.host();
            boolean mayComeIn = asked.filter(it -> it.view == view.number() && it.hosts.contains(host))
                    .isPresent();
            if (!hosts.contains(host) && (replica.inSync() || mayComeIn)) {
                machine.accept(new ViewInput.ReplicaFailed(volume, host, "the mirror lost it"));
            }
        }
        for (VolumeReplica replica : replicas(view)) {
            if (hosts.contains(replica.host()) && !replica.inSync()) {
                machine.accept(new ViewInput.ReplicaCaughtUp(volume, replica.host()));
            }
        }
    }

    /// @throws IOException if no such view is learnt in time: it may still come
    private void await(Predicate<View> condition) throws IOException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.test(view)) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw new IOException("no view says so yet; view " + view.number() + " is known");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    private List<VolumeReplica> replicas(View of) {
        return of.volume(volume).orElseThrow().replicas();
    }

    private VolumeReplica replica(View of, HostName host) {
        return of.volume(volume).flatMap(it -> it.on(host)).orElseThrow();
    }

    /// It is in the place of the replica that is not wanted; on the other host, if none is known.
    private HostName hostOfUnknown(VolumeView wanted) {
        List<HostName> unnamed = replicas(view).stream()
                .filter(replica -> wanted.member(replica.id()).isEmpty())
                .map(VolumeReplica::host)
                .toList();
        return unnamed.stream().filter(host -> !host.equals(self)).findFirst().orElseGet(unnamed::getFirst);
    }

    private Optional<HostName> host(UUID replica) {
        return replicas(view).stream()
                .filter(it -> it.id().equals(replica))
                .map(VolumeReplica::host)
                .findFirst();
    }

    private List<HostName> inSync(View of) {
        return of.volume(volume).orElseThrow().inSync();
    }

    /// In the order of the VM's hosts.
    private List<HostName> hosts(VolumeView wanted) {
        return replicas(view).stream()
                .filter(replica -> wanted.member(replica.id()).isPresent())
                .map(VolumeReplica::host)
                .toList();
    }

    private List<VolumeView.Member> members() {
        List<VolumeView.Member> members = new ArrayList<>();
        for (VolumeReplica replica : replicas(view)) {
            if (replica.inSync()) {
                members.add(new VolumeView.Member(replica.id(), boots.getOrDefault(replica.id(), UNKNOWN_BOOT)));
            }
        }
        return members;
    }
}
