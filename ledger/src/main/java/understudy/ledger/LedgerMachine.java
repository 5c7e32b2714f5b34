package understudy.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.DurableFile;
import understudy.model.Problem;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerState;

/// Ratis' view of [LedgerState]: applies log entries to it, writes it to snapshots and reads it back.
///
/// An entry that is no command is answered as refused and changes nothing. It must not be more than that: every
/// member would meet it again after every restart.
final class LedgerMachine extends BaseStateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerMachine.class);

    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    private final Runnable leaderChanged;
    private final Consumer<LedgerState> stateChanged;
    private volatile LedgerState state = LedgerState.empty();

    /// @param stateChanged  told [#state] after it changed, on Ratis' thread: must return at once
    /// @param leaderChanged likewise
    LedgerMachine(Consumer<LedgerState> stateChanged, Runnable leaderChanged) {
        this.stateChanged = stateChanged;
        this.leaderChanged = leaderChanged;
    }

    LedgerState state() {
        return state;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId group, RaftStorage raftStorage) throws IOException {
        getLifeCycle().startAndTransition(() -> {
            super.initialize(server, group, raftStorage);
            storage.init(raftStorage);
            load();
        });
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        storage.loadLatestSnapshot();
        load();
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
    }

    private synchronized void load() throws IOException {
        SingleFileSnapshotInfo snapshot = storage.getLatestSnapshot();
        if (snapshot == null) {
            return;
        }
        Path path = snapshot.getFile().getPath();
        try {
            state = LedgerJson.state(Files.readAllBytes(path));
        } catch (IllegalArgumentException damaged) {
            throw new IOException(
                    "the ledger's snapshot " + path + " cannot be read: " + damaged.getMessage(), damaged);
        }
        setLastAppliedTermIndex(snapshot.getTermIndex());
        stateChanged.accept(state);
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        byte[] bytes = entry.getStateMachineLogEntry().getLogData().toByteArray();
        LedgerAnswer answer = apply(bytes, entry.getTerm(), entry.getIndex());
        return CompletableFuture.completedFuture(message(LedgerJson.encode(answer)));
    }

    private LedgerAnswer apply(byte[] bytes, long term, long index) {
        LedgerState.Applied applied;
        synchronized (this) {
            try {
                applied = state.apply(LedgerJson.command(bytes));
            } catch (IllegalArgumentException garbage) {
                LOG.error("ledger entry {} is no command and is left out: {}", index, garbage.getMessage());
                Problem problem = Problem.of(
                                "command-unreadable",
                                "The ledger cannot read this command.",
                                "Upgrade all hosts to the same release.")
                        .because(String.valueOf(garbage.getMessage()));
                applied = new LedgerState.Applied(state, new LedgerAnswer.Refused(problem));
            }
            state = applied.state();
            updateLastAppliedTermIndex(term, index);
        }
        stateChanged.accept(state);
        return applied.answer();
    }

    /// Only the wait for it matters: the caller takes [#state] afterwards.
    @Override
    public CompletableFuture<Message> query(Message request) {
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    @Override
    public long takeSnapshot() throws IOException {
        TermIndex last;
        byte[] bytes;
        synchronized (this) {
            last = getLastAppliedTermIndex();
            bytes = LedgerJson.encode(state);
        }
        Path file = storage.getSnapshotFile(last.getTerm(), last.getIndex()).toPath();
        DurableFile.write(file, bytes);
        FileInfo info = new FileInfo(file, MD5FileUtil.computeAndSaveMd5ForFile(file.toFile()));
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(info, last));
        return last.getIndex();
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    @Override
    public SingleFileSnapshotInfo getLatestSnapshot() {
        return storage.getLatestSnapshot();
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
        leaderChanged.run();
    }

    static Message message(byte[] bytes) {
        return Message.valueOf(ByteString.copyFrom(bytes));
    }
}
