package understudy.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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

    private boolean hasNoVote() {
        RaftConfiguration conf = division.getRaftConf();
        return conf.getPreviousPeers(RaftPeerRole.FOLLOWER).isEmpty()
                && conf.getPeer(division.getId(), RaftPeerRole.LISTENER) != null
                && conf.getLogEntryIndex() <= division.getRaftLog().getLastCommittedIndex();
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
