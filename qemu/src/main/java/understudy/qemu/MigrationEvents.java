package understudy.qemu;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// Watches one QEMU during a migration, in or out: completes at the first event of each kind that matters.
final class MigrationEvents implements AutoCloseable {
    private final Qmp.Subscription subscription;
    private final CompletableFuture<Void> death;
    private final CompletableFuture<QmpEvent> stopped = new CompletableFuture<>();
    private final CompletableFuture<QmpEvent> resumed = new CompletableFuture<>();
    private final CompletableFuture<QmpEvent> completed = new CompletableFuture<>();

    MigrationEvents(Qmp qmp) {
        subscription = qmp.subscribe(this::hear);
        // A QEMU that dies tells nobody else.
        death = qmp.ended().thenAccept(this::fail);
    }

    /// Sets what every migration of ours needs, on either side; may be repeated.
    static void enable(Qmp qmp, Duration timeout) throws IOException {
        qmp.execute(
                "migrate-set-capabilities",
                Map.of(
                        "capabilities",
                        List.of(
                                Map.of("capability", "x-ignore-shared", "state", true),
                                Map.of("capability", "events", "state", true))),
                timeout);
    }

    private void hear(QmpEvent event) {
        switch (event.name()) {
            case "STOP" -> stopped.complete(event);
            case "RESUME" -> resumed.complete(event);
            case "MIGRATION" -> migration(event);
            default -> {}
        }
    }

    private void migration(QmpEvent event) {
        switch (event.data().path("status").asString("")) {
            case "completed" -> completed.complete(event);
            case "failed", "cancelled" -> {
                IOException failure = new IOException("QEMU reports that the migration "
                        + event.data().path("status").asString(""));
                fail(failure);
            }
            default -> {}
        }
    }

    private void fail(IOException failure) {
        completed.completeExceptionally(failure);
        resumed.completeExceptionally(failure);
        stopped.completeExceptionally(failure);
    }

    QmpEvent awaitCompleted(Deadline deadline) throws IOException {
        return deadline.await("the end of the migration", completed);
    }

    QmpEvent awaitResumed(Deadline deadline) throws IOException {
        return deadline.await("the guest to run", resumed);
    }

    QmpEvent awaitStopped(Deadline deadline) throws IOException {
        return deadline.await("the guest to stop", stopped);
    }

    @Override
    public void close() {
        subscription.close();
        death.cancel(false);
    }
}
