package understudy.ledger;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;

/// Brings requests to the leader, whoever it is, and again to the next one.
///
/// Ratis' own client would do, but for one case that matters here: when the leader's host vanishes, its client
/// waits for an answer until a time-out, while the member beside it, in this process, has long learnt who leads
/// now. So a request goes out again as soon as the leader changes. The requests' numbers stay the same, by
/// which the voters know a repeat.
final class Courier implements AutoCloseable {
    /// Bounds the memory of a cluster without a quorum.
    private static final int ERRANDS_MAX = 256;

    private final Supplier<RaftServer.Division> member;
    private final RaftClientRpc rpc;
    private final ScheduledExecutorService timer;
    private final ClientId client;
    private final AtomicLong numbers = new AtomicLong();
    private final Set<Errand> errands = ConcurrentHashMap.newKeySet();

    /// @param member this one's present run
    Courier(Supplier<RaftServer.Division> member, RaftClientRpc rpc, ClientId client, ScheduledExecutorService timer) {
        this.member = member;
        this.rpc = rpc;
        this.client = client;
        this.timer = timer;
    }

    /// @return completes with the reply of the state machine, or exceptionally: with a `TimeoutException` after
    ///     `bound`
    CompletableFuture<RaftClientReply> write(Message message, Duration bound) {
        return start(RaftClientRequest.writeRequestType(), message, bound);
    }

    /// Completes once this member's state machine has applied everything that was committed when this was
    /// called.
    CompletableFuture<RaftClientReply> read(Duration bound) {
        return start(RaftClientRequest.readRequestType(), Message.EMPTY, bound);
    }

    private CompletableFuture<RaftClientReply> start(RaftClientRequest.Type type, Message message, Duration bound) {
        if (errands.size() >= ERRANDS_MAX) {
            return CompletableFuture.failedFuture(
                    new IOException(ERRANDS_MAX + " requests wait for the ledger already"));
        }
        Errand errand = new Errand(this, timer, type, message, numbers.incrementAndGet());
        errands.add(errand);
        errand.start(bound);
        return errand.reply().whenComplete((_, _) -> errands.remove(errand));
    }

    /// To be called when the leader may have changed; returns at once.
    void leaderChanged() {
        for (Errand errand : errands) {
            timer.execute(errand::leaderChanged);
        }
    }

    /// Whom to ask: for a read this member itself, which asks the leader how far it must have come.
    Optional<RaftPeerId> target(RaftClientRequest.Type type) {
        RaftServer.Division division = member.get();
        return type.isReadOnly()
                ? Optional.of(division.getId())
                : Optional.ofNullable(division.getInfo().getLeaderId());
    }

    CompletableFuture<RaftClientReply> send(
            RaftPeerId target, RaftClientRequest.Type type, Message message, long number) {
        RaftServer.Division division = member.get();
        RaftClientRequest request = RaftClientRequest.newBuilder()
                .setClientId(client)
                .setServerId(target)
                .setGroupId(division.getMemberId().getGroupId())
                .setCallId(number)
                .setMessage(message)
                .setType(type)
                .build();
        try {
            return target.equals(division.getId())
                    ? division.getRaftServer().submitClientRequestAsync(request)
                    : rpc.sendRequestAsyncUnordered(request);
        } catch (IOException | RuntimeException failed) {
            return CompletableFuture.failedFuture(failed);
        }
    }

    /// Lets the transport connect anew where the failure asks for it.
    void failed(RaftPeerId target, Throwable failure) {
        if (!target.equals(member.get().getId())) {
            rpc.handleException(target, failure, false);
        }
    }

    /// What is on its way completes exceptionally.
    @Override
    public void close() {
        errands.forEach(errand -> errand.reply().completeExceptionally(new IOException("the ledger is closed")));
    }
}
