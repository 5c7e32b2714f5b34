package understudy.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.ledger.Member.NextVoters;
import understudy.model.HostName;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.Newcomer;

/// A member of the ledger, on Apache Ratis. Every agent is one, the witness too; some of them vote, and any of those
/// may lead for a while.
public final class RatisLedger implements Ledger {
    private static final Logger LOG = LoggerFactory.getLogger(RatisLedger.class);

    private static final Duration RESTART_PAUSE = Duration.ofMillis(50);
    private static final int RESTARTS = 100;
    /// Looks in a row at which it neither counts time nor learns anything; about ten seconds.
    private static final int STUCK_MAX = 25;

    private final LedgerConfig config;
    private final Path storage;
    private final Consumer<String> giveUp;
    private final RaftClientRpc rpc;
    private final Announcer announcer;
    private final Courier courier;
    private final ScheduledThreadPoolExecutor timer;
    private final ClientId admin = ClientId.randomId();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicReference<LedgerState> newest = new AtomicReference<>(LedgerState.empty());
    private volatile HostName preferred;
    private volatile Member member;
    private final AtomicBoolean restarting = new AtomicBoolean();
    private int stuck;
    private long lastApplied;
    private boolean closed;
    private volatile boolean isUsed;

    /// Starts taking part. Returns before there is a leader, or even another member.
    ///
    /// @param giveUp told why, if it stands still and only another process can go on
    /// @throws understudy.model.Problem.Refused if the directory is another member's
    /// @throws IOException if the directory or the address cannot be used; nothing is left running
    public static RatisLedger start(LedgerConfig config, Consumer<String> giveUp) throws IOException {
        VoterDirectory directory = VoterDirectory.claim(config);
        return new RatisLedger(directory.begun(), directory.storage(), giveUp);
    }

    private RatisLedger(LedgerConfig config, Path storage, Consumer<String> giveUp) throws IOException {
        this.config = config;
        this.giveUp = giveUp;
        this.storage = storage;
        preferred = config.preferred();
        announcer = new Announcer(config.self() + "-ledger-announcer", newest::get);
        timer = new ScheduledThreadPoolExecutor(
                1,
                Thread.ofPlatform()
                        .daemon()
                        .name(config.self() + "-ledger-timer")
                        .factory());
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        ClientId client = ClientId.randomId();
        rpc = new GrpcFactory(new Parameters()).newRaftClientRpc(client, RatisSettings.properties(config, storage));
        rpc.addRaftPeers(RatisSettings.peers(config, config.voters()));
        courier = new Courier(() -> member.division(), rpc, client, timer);
        try {
            member = Member.start(config, storage, this::changed, courier::leaderChanged);
        } catch (IOException | RuntimeException failed) {
            close();
            throw failed;
        }
        long tick = config.election().toMillis();
        LeaderPreference preference = new LeaderPreference(
                () -> member.division(), () -> RaftPeerId.valueOf(preferred.value()), ClientId.randomId(), tick);
        Future<?> _ = timer.scheduleWithFixedDelay(guarded(preference), tick, tick, TimeUnit.MILLISECONDS);
        Future<?> _ = timer.scheduleWithFixedDelay(guarded(this::watch), tick, tick, TimeUnit.MILLISECONDS);
    }

    private void changed(LedgerState state) {
        learnt(state);
        announcer.changed();
    }

    /// A run that has just begun is behind those before it.
    private LedgerState learnt(LedgerState state) {
        return newest.accumulateAndGet(state, (one, other) -> one.applied() > other.applied() ? one : other);
    }

    /// A task that throws would never be run again.
    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.warn("{}: {}", config.self(), e.getMessage(), e);
            }
        };
    }

    /// Begins another run after one that is over.
    private void watch() {
        long applied = newest.get().applied();
        stuck = member.isBetweenRoles() && applied == lastApplied ? stuck + 1 : 0;
        lastApplied = applied;
        if (stuck == STUCK_MAX) {
            giveUp.accept("the ledger stands still");
        }
        if (member.isOver()) {
            boolean _ = restart(Optional.empty());
        }
    }

    /// Votes alone from now on, and gives the other one of two voters a copy. Only for one that has no copy, and so no
    /// vote to cast: nothing was decided without this one.
    ///
    /// @return whether it will; not if others vote
    boolean voteAlone(HostName other) {
        Member run = member;
        Member.Ballot ballot = run.ballot();
        return Newcomer.mayVoteAlone(config.self(), ballot.former(), ballot.next(), other)
                && !run.isOver()
                && restart(Optional.of(run.alone(config)));
    }

    private boolean votes() {
        return member.voters().contains(config.self());
    }

    /// @return whether it begins; not if it has already
    private boolean restart(Optional<NextVoters> next) {
        boolean begins = restarting.compareAndSet(false, true);
        if (begins) {
            LOG.info("{} takes part in the ledger anew; it {}", config.self(), votes() ? "votes" : "does not vote");
            Thread.ofVirtual().name(config.self() + "-ledger-restart").start(() -> replace(member, next));
        }
        return begins;
    }

    /// The old run's transport takes its time to end; what the new one needs, files and port, is free long before.
    private void replace(Member old, Optional<NextVoters> next) {
        Thread.ofVirtual().name(config.self() + "-ledger-close").start(old::close);
        try {
            for (int i = 1; !begin(old, next, i == RESTARTS); i++) {
                Thread.sleep(RESTART_PAUSE);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            restarting.set(false);
        }
    }

    /// @param next who votes then, if not whom the log says
    /// @param last whether to give up, until [#watch] looks again, and to say why
    /// @return whether that was all
    private synchronized boolean begin(Member old, Optional<NextVoters> next, boolean last) {
        if (closed) {
            return true;
        }
        String why = "its last run does not end";
        try {
            if (old.isClosed()) {
                if (next.isPresent()) {
                    next.get().write();
                }
                member = Member.start(config, storage, this::changed, courier::leaderChanged);
                return true;
            }
        } catch (IOException | RuntimeException failed) {
            why = String.valueOf(failed.getMessage());
        }
        if (last) {
            LOG.warn("the ledger did not start anew, which is tried again: {}", why);
        }
        return last;
    }

    @Override
    public CompletableFuture<LedgerAnswer> propose(LedgerCommand command) {
        return proposeBytes(LedgerJson.encode(command));
    }

    CompletableFuture<LedgerAnswer> proposeBytes(byte[] command) {
        return courier.write(LedgerMachine.message(command), config.bound())
                .handle((reply, failure) -> failure == null
                        ? answer(reply)
                        : CompletableFuture.<LedgerAnswer>failedFuture(new OutcomeUnknown(config.bound(), failure)))
                .thenCompose(future -> future);
    }

    private static CompletionStage<LedgerAnswer> answer(RaftClientReply reply) {
        try {
            return CompletableFuture.completedFuture(
                    LedgerJson.answer(reply.getMessage().getContent().toByteArray()));
        } catch (IllegalArgumentException unreadable) {
            return CompletableFuture.failedFuture(unreadable);
        }
    }

    @Override
    public CompletableFuture<LedgerState> read() {
        Member run = member;
        return courier.read(config.bound()).handle((_, failure) -> {
            if (failure != null) {
                throw new CompletionException(new NoQuorum(config.bound(), failure));
            }
            learnt(run.state());
            return learnt(member.state());
        });
    }

    @Override
    public LedgerState seen() {
        return newest.get();
    }

    @Override
    public void subscribe(Consumer<LedgerState> subscriber) {
        announcer.subscribe(subscriber);
    }

    @Override
    public Optional<HostName> leader() {
        return member.leader();
    }

    @Override
    public boolean hasQuorum() {
        return leader().isPresent();
    }

    @Override
    public SortedSet<HostName> voters() {
        return member.voters();
    }

    @Override
    public CompletableFuture<SortedSet<HostName>> readVoters() {
        return read().thenApply(_ -> member.decidedVoters()
                .orElseThrow(() -> new CompletionException(new NoQuorum("voters are being changed"))));
    }

    /// As [#voters]; nobody while that is being changed.
    SortedSet<HostName> settledVoters() {
        Member.Ballot ballot = member.ballot();
        return ballot.isSettled() ? ballot.next() : new TreeSet<>();
    }

    /// Whether anything has reached this member, in any run; may be asked often.
    boolean isUsed() {
        isUsed = isUsed || member.hasEntries();
        return isUsed;
    }

    @Override
    public SortedSet<HostName> strangers() {
        SortedSet<HostName> strangers = new TreeSet<>(config.members().keySet());
        strangers.removeAll(Member.names(member.peers()));
        return strangers;
    }

    @Override
    public CompletableFuture<Void> changeVoters(Set<HostName> now, Set<HostName> next, Set<HostName> joining) {
        if (!next.contains(config.self())) {
            throw new IllegalArgumentException(config.self() + " leads, and would take its own vote");
        }
        // Ratis waits for its locks and its disk in it.
        Executor aside = Thread.ofVirtual().name(config.self() + "-voters")::start;
        return CompletableFuture.completedFuture(next)
                .thenComposeAsync(_ -> ask(now, next, joining), aside)
                .orTimeout(config.bound().toNanos(), TimeUnit.NANOSECONDS)
                .thenAccept(reply -> {
                    if (!reply.isSuccess()) {
                        throw new CompletionException(reply.getException());
                    }
                });
    }

    /// Those that this member knows no more of, voters or not, are left out from then on.
    private CompletableFuture<RaftClientReply> ask(Set<HostName> now, Set<HostName> next, Set<HostName> joining) {
        RaftServer.Division division = member.division();
        List<RaftPeer> peers = member.peers();
        SortedSet<HostName> copies = new TreeSet<>(Member.names(peers));
        copies.addAll(joining);
        copies.retainAll(config.members().keySet());
        SetConfigurationRequest request = new SetConfigurationRequest(
                admin,
                division.getId(),
                division.getMemberId().getGroupId(),
                changes.incrementAndGet(),
                SetConfigurationRequest.Arguments.newBuilder()
                        .setServersInCurrentConf(only(peers, now::contains))
                        .setListenersInCurrentConf(only(peers, name -> !now.contains(name)))
                        .setServersInNewConf(only(RatisSettings.peers(config, next), next::contains))
                        .setListenersInNewConf(only(
                                RatisSettings.peers(config, next),
                                name -> copies.contains(name) && !next.contains(name)))
                        .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                        .build());
        try {
            return division.getRaftServer().setConfigurationAsync(request);
        } catch (IOException failed) {
            return CompletableFuture.failedFuture(failed);
        }
    }

    private static List<RaftPeer> only(List<RaftPeer> peers, Predicate<HostName> which) {
        return peers.stream().filter(peer -> which.test(Member.name(peer))).toList();
    }

    @Override
    public void prefer(HostName leader) {
        preferred = leader;
    }

    /// How many log entries this voter holds from its last purge on; for tests of the bound.
    long logLength() {
        RaftLog log = member.division().getRaftLog();
        return log.getNextIndex() - log.getStartIndex();
    }

    @Override
    public void close() {
        courier.close();
        timer.shutdownNow();
        stop();
        try {
            rpc.close();
        } catch (IOException failed) {
            LOG.warn("closing the ledger: {}", failed.getMessage());
        }
        announcer.close();
    }

    private synchronized void stop() {
        closed = true;
        if (member != null) {
            member.close();
        }
    }
}
