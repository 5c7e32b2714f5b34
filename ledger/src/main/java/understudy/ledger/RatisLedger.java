package understudy.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.HostName;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

/// A full voter of the ledger, on Apache Ratis. Every agent is one, the witness too: any of them may lead for a
/// while.
public final class RatisLedger implements Ledger {
    private static final Logger LOG = LoggerFactory.getLogger(RatisLedger.class);

    private final LedgerConfig config;
    private final RaftServer server;
    private final RaftServer.Division division;
    private final RaftClientRpc rpc;
    private final LedgerMachine machine;
    private final Announcer announcer;
    private final Courier courier;
    private final ScheduledThreadPoolExecutor timer;

    /// Starts voting. Returns before there is a leader, or even another voter.
    ///
    /// @throws understudy.model.Problem.Refused if the directory is another voter's
    /// @throws IOException if the directory or the address cannot be used; nothing is left running
    public static RatisLedger start(LedgerConfig config) throws IOException {
        Path storage = VoterDirectory.claim(config);
        RatisLedger ledger = new RatisLedger(config, storage);
        try {
            ledger.server.start();
            return ledger;
        } catch (IOException | RuntimeException failed) {
            ledger.close();
            throw failed;
        }
    }

    private RatisLedger(LedgerConfig config, Path storage) throws IOException {
        this.config = config;
        RaftGroup group = RatisSettings.group(config);
        RaftPeerId self = RaftPeerId.valueOf(config.self().value());
        RaftProperties properties = RatisSettings.properties(config, storage);
        Parameters parameters = new Parameters();
        machine = new LedgerMachine(this::stateChanged, this::leaderChanged);
        announcer = new Announcer(config.self() + "-ledger-announcer", machine::state);
        timer = new ScheduledThreadPoolExecutor(
                1,
                Thread.ofPlatform()
                        .daemon()
                        .name(config.self() + "-ledger-timer")
                        .factory());
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        server = RaftServer.newBuilder()
                .setServerId(self)
                .setGroup(group)
                .setStateMachine(machine)
                .setProperties(properties)
                .setParameters(parameters)
                .setOption(option(storage, group))
                .build();
        division = server.getDivision(group.getGroupId());
        ClientId client = ClientId.randomId();
        rpc = new GrpcFactory(parameters).newRaftClientRpc(client, properties);
        rpc.addRaftPeers(group.getPeers());
        courier = new Courier(division, rpc, client, timer);
        RaftPeerId preferred = RaftPeerId.valueOf(config.preferred().value());
        long fresh = config.election().toMillis();
        Future<?> _ = timer.scheduleWithFixedDelay(
                new LeaderPreference(division, preferred, ClientId.randomId(), fresh),
                fresh,
                fresh,
                TimeUnit.MILLISECONDS);
    }

    /// Only a directory that was never used is formatted.
    private static RaftStorage.StartupOption option(Path storage, RaftGroup group) {
        Path used = storage.resolve(group.getGroupId().getUuid().toString()).resolve("current");
        return Files.exists(used) ? RaftStorage.StartupOption.RECOVER : RaftStorage.StartupOption.FORMAT;
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
        return courier.read(config.bound()).handle((_, failure) -> {
            if (failure != null) {
                throw new CompletionException(new NoQuorum(config.bound(), failure));
            }
            return machine.state();
        });
    }

    @Override
    public LedgerState seen() {
        return machine.state();
    }

    @Override
    public void subscribe(Consumer<LedgerState> subscriber) {
        announcer.subscribe(subscriber);
    }

    @Override
    public Optional<HostName> leader() {
        return Optional.ofNullable(division.getInfo().getLeaderId()).map(id -> new HostName(id.toString()));
    }

    @Override
    public boolean hasQuorum() {
        return leader().isPresent();
    }

    /// How many log entries this voter holds from its last purge on; for tests of the bound.
    long logLength() {
        return division.getRaftLog().getNextIndex() - division.getRaftLog().getStartIndex();
    }

    private void stateChanged() {
        announcer.changed();
    }

    private void leaderChanged() {
        courier.leaderChanged();
    }

    @Override
    public void close() {
        courier.close();
        timer.shutdownNow();
        try {
            server.close();
            rpc.close();
        } catch (IOException failed) {
            LOG.warn("closing the ledger: {}", failed.getMessage());
        }
        announcer.close();
    }
}
