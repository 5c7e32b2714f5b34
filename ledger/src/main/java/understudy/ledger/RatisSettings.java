package understudy.ledger;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import understudy.model.HostName;

/// What of Ratis' settings is not its default, and why.
final class RatisSettings {
    private RatisSettings() {}

    /// As it is in a new ledger.
    static RaftGroup group(LedgerConfig config) {
        return RaftGroup.valueOf(RaftGroupId.valueOf(config.cluster()), peers(config, config.voters()));
    }

    /// All members. Ratis calls those that do not vote listeners: they get the log and count for no majority.
    static List<RaftPeer> peers(LedgerConfig config, Set<HostName> voters) {
        return config.members().entrySet().stream()
                .map(member -> peer(member.getKey(), member.getValue(), voters.contains(member.getKey())))
                .toList();
    }

    /// All have the same priority: with different ones a candidate waits a whole election time-out, twice, for
    /// the vote of a silent peer of higher priority. [LeaderPreference] does it instead.
    private static RaftPeer peer(HostName name, InetSocketAddress address, boolean votes) {
        return RaftPeer.newBuilder()
                .setId(RaftPeerId.valueOf(name.value()))
                .setAddress(address)
                .setStartupRole(votes ? RaftPeerRole.FOLLOWER : RaftPeerRole.LISTENER)
                .build();
    }

    static RaftProperties properties(LedgerConfig config, Path storage) {
        RaftProperties properties = new RaftProperties();
        RaftServerConfigKeys.setStorageDir(properties, List.of(storage.toFile()));
        times(properties, config);
        log(properties);
        transport(properties, config);
        return properties;
    }

    private static void times(RaftProperties properties, LedgerConfig config) {
        Duration election = config.election();
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, time(election));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, time(election.multipliedBy(2)));
        // At a common start the preferred voter stands first, which saves moving the lead to it.
        boolean first = config.self().equals(config.preferred());
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, time(first ? election.dividedBy(4) : election));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
                properties, time(first ? election.dividedBy(2) : election.multipliedBy(2)));
        // How long a vote or an append may stay unanswered; a vanished peer costs others nothing meanwhile.
        RaftServerConfigKeys.Rpc.setRequestTimeout(properties, time(election.multipliedBy(2)));
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, time(election.multipliedBy(3)));
        RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.Read.setTimeout(properties, time(config.bound()));
        RaftClientConfigKeys.Rpc.setRequestTimeout(properties, time(election.multipliedBy(3)));
        // A peer that comes back is found soon: by default the pauses between attempts grow to 5 s.
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, "10ms,10, 200ms,100000000");
        // A repeated command must be known as such for longer than it may be repeated.
        RaftServerConfigKeys.RetryCache.setExpiryTime(
                properties, time(config.bound().multipliedBy(4)));
    }

    /// The state is small and so is the log: a snapshot every 1024 entries, and what it covers is purged, save
    /// for a few that spare a peer that was away for a moment the whole snapshot.
    private static void log(RaftProperties properties) {
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("256KB"));
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("256KB"));
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf("128KB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
        RaftServerConfigKeys.Log.setPurgeGap(properties, 256);
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(properties, 128);
        // An entry of its own for each commit index would double the flushes.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
        // A follower takes an entry when it has the one before. By default it also does when that is still to be
        // appended; a voter that had just been started then found a gap in its log, and took nothing more (seen with
        // Ratis 3.3.0; RATIS-2278 is about others of this kind). Few entries are under way here at a time.
        RaftServerConfigKeys.Log.setAppendEntriesComposeEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, 1024);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, 2);
        RaftServerConfigKeys.Write.setElementLimit(properties, 1024);
    }

    private static void transport(RaftProperties properties, LedgerConfig config) {
        GrpcConfigKeys.Server.setHost(properties, config.listen().getAddress().getHostAddress());
        GrpcConfigKeys.Server.setPort(properties, config.listen().getPort());
        GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf("32MB"));
        // A snapshot of the largest cluster must fit.
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(properties, SizeInBytes.valueOf("1MB"));
        GrpcConfigKeys.Server.setBossGroupSize(properties, 1);
        GrpcConfigKeys.Server.setWorkerGroupSize(properties, 2);
        GrpcConfigKeys.Client.setWorkerGroupSize(properties, 1);
    }

    static TimeDuration time(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
