package understudy.ledger;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeerId;
import org.jspecify.annotations.Nullable;

/// One request on its way to a leader, sent again until it is answered or its time is over: when the last
/// sending has failed (the transport has a time-out of its own), or when another voter leads. The reply to any
/// sending counts.
final class Errand {
    /// After a refusal: there is no leader, or it is not ready.
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final Courier courier;
    private final ScheduledExecutorService timer;
    private final RaftClientRequest.Type type;
    private final Message message;
    private final long number;
    private final CompletableFuture<RaftClientReply> reply = new CompletableFuture<>();
    private int sendings;
    private Optional<RaftPeerId> lastTarget = Optional.empty();

    Errand(Courier courier, ScheduledExecutorService timer, RaftClientRequest.Type type, Message message, long number) {
        this.courier = courier;
        this.timer = timer;
        this.type = type;
        this.message = message;
        this.number = number;
    }

    CompletableFuture<RaftClientReply> reply() {
        return reply;
    }

    void start(Duration bound) {
        CompletableFuture<RaftClientReply> _ = reply.orTimeout(bound.toNanos(), TimeUnit.NANOSECONDS);
        send();
    }

    /// Sends again unless the last sending went to the same voter.
    synchronized void leaderChanged() {
        if (type.isReadOnly() || !courier.target(type).equals(lastTarget)) {
            send();
        }
    }

    private synchronized void send() {
        if (reply.isDone()) {
            return;
        }
        int sending = ++sendings;
        lastTarget = courier.target(type);
        if (lastTarget.isEmpty()) {
            sendAfter(PAUSE, sending);
            return;
        }
        RaftPeerId target = lastTarget.get();
        CompletableFuture<RaftClientReply> _ = courier.send(target, type, message, number)
                .whenComplete((answer, failure) -> answered(sending, target, answer, failure));
    }

    private void answered(
            int sending, RaftPeerId target, @Nullable RaftClientReply answer, @Nullable Throwable failure) {
        if (answer != null && answer.isSuccess()) {
            reply.complete(answer);
            return;
        }
        if (answer != null && answer.getStateMachineException() != null) {
            reply.completeExceptionally(answer.getStateMachineException());
            return;
        }
        if (failure != null && !(unwrapped(failure) instanceof TimeoutException)) {
            courier.failed(target, unwrapped(failure));
        }
        sendAfter(PAUSE, sending);
    }

    /// Unless there has been another sending by then.
    private void sendAfter(Duration pause, int sending) {
        if (reply.isDone()) {
            return;
        }
        try {
            Future<?> _ = timer.schedule(() -> sendUnlessSince(sending), pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closed) {
            reply.completeExceptionally(new IOException("the ledger is closed", closed));
        }
    }

    private synchronized void sendUnlessSince(int sending) {
        if (sendings == sending) {
            send();
        }
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }
}
