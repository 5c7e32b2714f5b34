package understudy.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.DurableFile;
import understudy.model.HostName;
import understudy.protocol.LedgerState;

/// One run of Ratis' server for a member of the ledger.
///
/// A run can be over although nobody ended it ([#isOver]): Ratis makes a voter of a listener that was given a vote,
/// but a voter whose vote was taken goes on as one that may stand for election, and ends itself when it does. It is to
/// be started anew, as a listener then.
final class Member implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Member.class);

    private final RaftServer server;
    private final RaftServer.Division division;
    private final LedgerMachine machine;
    private final Duration silence;
    private volatile @Nullable Voters voters;

    private record Voters(RaftConfiguration conf, SortedSet<HostName> names) {}

    /// @param storage       where Ratis keeps its files
    /// @param stateChanged  told every state, on Ratis' thread: must return at once
    /// @param leaderChanged run when another one leads, likewise
    /// @throws IOException if the directory or the address cannot be used; nothing is left running
    static Member start(LedgerConfig config, Path storage, Consumer<LedgerState> stateChanged, Runnable leaderChanged)
            throws IOException {
        Member member = new Member(config, storage, new LedgerMachine(stateChanged, leaderChanged));
        try {
            member.server.start();
            return member;
        } catch (IOException | RuntimeException failed) {
            member.close();
            throw failed;
        }
    }

    private Member(LedgerConfig config, Path storage, LedgerMachine machine) throws IOException {
        this.machine = machine;
        RaftGroup group = RatisSettings.group(config);
        silence = config.election().multipliedBy(2);
        server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(config.self().value()))
                .setGroup(group)
                .setStateMachine(machine)
                .setProperties(RatisSettings.properties(config, storage))
                .setParameters(new Parameters())
                .setOption(option(storage, group))
                .build();
        division = server.getDivision(group.getGroupId());
    }

    /// Only a directory that was never used is formatted.
    private static RaftStorage.StartupOption option(Path storage, RaftGroup group) {
        Path used = storage.resolve(group.getGroupId().getUuid().toString()).resolve("current");
        return Files.exists(used) ? RaftStorage.StartupOption.RECOVER : RaftStorage.StartupOption.FORMAT;
    }

    RaftServer.Division division() {
        return division;
    }

    /// As far as this run has come.
    LedgerState state() {
        return machine.state();
    }

    /// Who leads: not one that a listener, which never stands for election, has not heard for long.
    Optional<HostName> leader() {
        DivisionInfo info = division.getInfo();
        boolean isDeaf = !info.isAlive() || (info.isListener() && silentMillis() > silence.toMillis());
        return isDeaf
                ? Optional.empty()
                : Optional.ofNullable(info.getLeaderId()).map(id -> new HostName(id.toString()));
    }

    private long silentMillis() {
        return division.getInfo()
                .getRoleInfoProto()
                .getFollowerInfo()
                .getLeaderInfo()
                .getLastRpcElapsedTimeMs();
    }

    /// Those that vote; while that is being changed, those that did. May be asked often.
    @SuppressWarnings("ReferenceEquality") // Ratis may write another one in the place of one in its log.
    SortedSet<HostName> voters() {
        RaftConfiguration conf = division.getRaftConf();
        Voters known = voters;
        if (known == null || known.conf != conf) {
            Collection<RaftPeer> before = conf.getPreviousPeers(RaftPeerRole.FOLLOWER);
            known = new Voters(conf, names(before.isEmpty() ? conf.getCurrentPeers(RaftPeerRole.FOLLOWER) : before));
            voters = known;
        }
        return known.names;
    }

    /// Who votes, as one configuration says.
    ///
    /// @param former those that did, while that is being changed; else nobody
    /// @param next   those that do, or will
    record Ballot(SortedSet<HostName> former, SortedSet<HostName> next) {
        boolean isSettled() {
            return former.isEmpty();
        }
    }

    Ballot ballot() {
        RaftConfiguration conf = division.getRaftConf();
        return new Ballot(
                names(conf.getPreviousPeers(RaftPeerRole.FOLLOWER)),
                names(conf.getCurrentPeers(RaftPeerRole.FOLLOWER)));
    }

    /// Those that vote, if no change of them is under way and that is known to be decided.
    Optional<SortedSet<HostName>> decidedVoters() {
        RaftConfiguration conf = division.getRaftConf();
        return isDecided(conf) ? Optional.of(names(conf.getCurrentPeers(RaftPeerRole.FOLLOWER))) : Optional.empty();
    }

    private boolean isDecided(RaftConfiguration conf) {
        return conf.getPreviousPeers(RaftPeerRole.FOLLOWER).isEmpty()
                && conf.getLogEntryIndex() <= division.getRaftLog().getLastCommittedIndex();
    }

    /// Whether anything has ever been written here; false also at its beginning and at its end.
    boolean hasEntries() {
        RaftLog log = division.getRaftLog();
        return log.isOpened() && (log.getLastEntryTermIndex() != null || log.getSnapshotIndex() >= 0);
    }

    /// All that have a copy, with or without a vote.
    List<RaftPeer> peers() {
        RaftConfiguration conf = division.getRaftConf();
        return Stream.concat(
                        conf.getCurrentPeers(RaftPeerRole.FOLLOWER).stream(),
                        conf.getCurrentPeers(RaftPeerRole.LISTENER).stream())
                .toList();
    }

    static SortedSet<HostName> names(Collection<RaftPeer> peers) {
        SortedSet<HostName> names = new TreeSet<>();
        peers.forEach(peer -> names.add(name(peer)));
        return Collections.unmodifiableSortedSet(names);
    }

    static HostName name(RaftPeer peer) {
        return new HostName(peer.getId().toString());
    }

    /// Whether it is between two roles: a follower that does not count the time since it heard
    /// the leader. It is so for a moment whenever it becomes one. Ratis 3.3.0 can stand still
    /// there for ever when it makes a voter of a listener: one thread waits for another to end,
    /// which waits for a lock of the first.
    boolean isBetweenRoles() {
        DivisionInfo info = division.getInfo();
        boolean isVoter = division.getRaftConf().getPeer(division.getId(), RaftPeerRole.FOLLOWER) != null;
        return info.isAlive() && info.isFollower() && isVoter && silentMillis() == 0;
    }

    /// Whether it takes part no longer, or stands for elections without a vote.
    boolean isOver() {
        DivisionInfo info = division.getInfo();
        return !info.isAlive() || ((info.isFollower() || info.isCandidate()) && hasNoVote());
    }

    /// Whether all of its files are free.
    boolean isClosed() {
        return division.getInfo().getLifeCycleState() == LifeCycle.State.CLOSED;
    }

    /// By which a next run knows who votes, whatever its log says.
    ///
    /// @param file where Ratis looks for it at a start
    record NextVoters(Path file, LogEntryProto entry) {
        /// Only between two runs.
        void write() throws IOException {
            DurableFile.write(file, entry.toByteArray());
        }
    }

    /// That the next run is the only voter.
    NextVoters alone(LedgerConfig config) {
        RaftConfigurationProto.Builder voters = RaftConfigurationProto.newBuilder();
        for (RaftPeer peer : RatisSettings.peers(config, Set.of(config.self()))) {
            if (peer.getId().equals(division.getId())) {
                voters.addPeers(peer.getRaftPeerProto());
            } else {
                voters.addListeners(peer.getRaftPeerProto());
            }
        }
        // Of several it goes by the last one: what is in the log is before this.
        LogEntryProto entry = LogEntryProto.newBuilder()
                .setTerm(division.getInfo().getCurrentTerm())
                .setIndex(division.getRaftLog().getNextIndex())
                .setConfigurationEntry(voters)
                .build();
        Path file = division.getRaftStorage().getStorageDir().getRoot().toPath().resolve("current/raft-meta.conf");
        return new NextVoters(file, entry);
    }

    private boolean hasNoVote() {
        RaftConfiguration conf = division.getRaftConf();
        return isDecided(conf) && conf.getPeer(division.getId(), RaftPeerRole.LISTENER) != null;
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException failed) {
            LOG.warn("closing the ledger: {}", failed.getMessage());
        }
    }
}
