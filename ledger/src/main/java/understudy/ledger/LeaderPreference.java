package understudy.ledger;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Moves the lead to the preferred voter once that has been there, and up to date, for a while.
///
/// Driven by a timer. Moving costs a short election, so a failed move is not repeated at once.
final class LeaderPreference implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderPreference.class);
    private static final long TRANSFER_MILLIS = 1_000;
    /// Ticks in a row at which the preferred voter must have been fit.
    private static final int FIT_MIN = 3;
    /// Ticks to wait after an attempt.
    private static final int REST = 10;

    private final Supplier<RaftServer.Division> member;
    private final Supplier<RaftPeerId> preference;
    private final ClientId client;
    private final long freshMillis;
    private @Nullable RaftPeerId last;
    private int fit;
    private long calls;

    /// @param freshMillis how lately the preferred voter must have answered to count as there
    LeaderPreference(
            Supplier<RaftServer.Division> member, Supplier<RaftPeerId> preference, ClientId client, long freshMillis) {
        this.member = member;
        this.preference = preference;
        this.client = client;
        this.freshMillis = freshMillis;
    }

    /// One tick.
    @Override
    public void run() {
        RaftServer.Division division = member.get();
        RaftPeerId preferred = preference.get();
        if (!preferred.equals(last)) {
            last = preferred;
            fit = Math.min(fit, 0);
        }
        DivisionInfo info = division.getInfo();
        boolean isOurs = info.isLeader() && info.isLeaderReady() && !preferred.equals(division.getId());
        fit = isOurs && isFit(info, preferred) ? fit + 1 : Math.min(fit, 0);
        if (fit >= FIT_MIN) {
            fit = -REST;
            move(division, preferred);
        }
    }

    private boolean isFit(DivisionInfo info, RaftPeerId preferred) {
        Optional<ServerRpcProto> follower = info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
                .filter(each -> RaftPeerId.valueOf(each.getId().getId()).equals(preferred))
                .findFirst();
        return follower.filter(each -> each.getLastRpcElapsedTimeMs() < freshMillis)
                .isPresent();
    }

    private void move(RaftServer.Division division, RaftPeerId preferred) {
        LOG.info("{} leads; moving the lead to {}", division.getId(), preferred);
        try {
            CompletableFuture<RaftClientReply> _ = division.getRaftServer()
                    .transferLeadershipAsync(new TransferLeadershipRequest(
                            client,
                            division.getId(),
                            division.getMemberId().getGroupId(),
                            ++calls,
                            preferred,
                            TRANSFER_MILLIS))
                    .whenComplete((reply, failure) -> {
                        if (failure != null || !reply.isSuccess()) {
                            LOG.info("the lead was not moved to {}", preferred);
                        }
                    });
        } catch (IOException failed) {
            LOG.info("the lead was not moved to {}: {}", preferred, failed.getMessage());
        }
    }
}
