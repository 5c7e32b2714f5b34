package understudy.volume.epoch;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/// A stream of checkpoints between an active and what its standby holds, as far as disks go: messages arrive in
/// their order when the test lets them.
final class Link implements DiskEpochs.Listener {
    private final DiskEpochs active;
    private final KeptWrites standby;
    private final int appliedAtOnce;
    private final Queue<Message> toStandby = new ConcurrentLinkedQueue<>();
    private final Queue<Message> appliedToStandby = new ConcurrentLinkedQueue<>();
    private final Queue<Message> toActive = new ConcurrentLinkedQueue<>();
    private long committed;
    private volatile long durable;
    private volatile Optional<String> failure = Optional.empty();

    private sealed interface Message {
        @SuppressWarnings("ArrayRecordComponent") // nobody compares these
        record Epoch(long number, byte[] body) implements Message {}

        record Applied(long segment) implements Message {}
    }

    /// @param appliedAtOnce how eagerly the standby hears of segments, from 1 on; by a way of their own
    Link(DiskEpochs active, List<Long> sizes, int appliedAtOnce) {
        this.appliedAtOnce = appliedAtOnce;
        this.active = active;
        standby = new KeptWrites(sizes);
    }

    void send(Sealed sealed) {
        byte[] body = new byte[(int) sealed.bytes()];
        sealed.writeTo(MemorySegment.ofArray(body));
        toStandby.add(new Message.Epoch(sealed.epoch(), body));
    }

    /// Some messages arrive.
    void pump(Random random) {
        for (int i = random.nextInt(4); i > 0; i--) {
            pumpToStandby(toStandby);
        }
        for (int i = random.nextInt(appliedAtOnce); i > 0; i--) {
            pumpToStandby(appliedToStandby);
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            pumpToActive();
        }
    }

    private void pumpToStandby(Queue<Message> from) {
        try {
            switch (from.poll()) {
                case Message.Epoch epoch -> {
                    standby.keep(standby.decode(MemorySegment.ofArray(epoch.body)));
                    committed = epoch.number;
                    toActive.add(epoch);
                }
                case Message.Applied applied -> {
                    standby.applied(applied.segment);
                    toActive.add(applied);
                }
                case null -> {}
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void pumpToActive() {
        switch (toActive.poll()) {
            case Message.Epoch epoch -> active.committed(epoch.number);
            case Message.Applied applied -> active.told(applied.segment);
            case null -> {}
        }
    }

    /// The last epoch that the standby holds; 0 while it holds none.
    long committed() {
        return committed;
    }

    KeptWrites standby() {
        return standby;
    }

    /// What output may have left.
    long durable() {
        return durable;
    }

    Optional<String> failure() {
        return failure;
    }

    @Override
    public void settled() {}

    @Override
    public void applied(long segment) {
        appliedToStandby.add(new Message.Applied(segment));
    }

    @Override
    public synchronized void durable(long epoch) {
        durable = Math.max(durable, epoch);
    }

    @Override
    public void pressure() {}

    @Override
    public void failed(String reason) {
        failure = Optional.of(reason);
    }
}
