package understudy.checkpoint;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;
import understudy.linux.AddressRange;

/// Copies a guest's RAM while it runs, in rounds: all of it, and then what it wrote meanwhile, until little is left for
/// the first epoch.
///
/// Threads: one at a time.
final class FirstCopy {
    /// What is left to copy when the guest is paused for the first whole epoch: 16 MiB.
    private static final long LAST_ROUND_BYTES = 16 << 20;

    private static final int ROUNDS_MAX = 8;
    private static final long CHUNK_BYTES = 1 << 20;

    private final GuestMemory memory;
    private final StagedEpoch staged;
    private final Sender sender;
    private final BooleanSupplier hasEnded;

    /// Sends what is staged.
    interface Sender {
        void send() throws IOException;
    }

    /// @param staged   what is to be sent next lies there
    /// @param hasEnded whether nobody wants the copy any more
    FirstCopy(GuestMemory memory, StagedEpoch staged, Sender sender, BooleanSupplier hasEnded) {
        this.memory = memory;
        this.staged = staged;
        this.sender = sender;
        this.hasEnded = hasEnded;
    }

    /// @param progress told of the first round, in [0, 1]
    void all(DoubleConsumer progress) throws IOException {
        List<AddressRange> everything = memory.everything();
        long bytes = bytes(everything);
        copy(everything, done -> progress.accept((double) done / bytes));
        long left = Long.MAX_VALUE;
        for (int round = 1; round < ROUNDS_MAX && left > LAST_ROUND_BYTES && !hasEnded.getAsBoolean(); round++) {
            left = again();
        }
    }

    /// Copies what the guest wrote since the last round.
    ///
    /// @return how many bytes
    long again() throws IOException {
        List<AddressRange> written = memory.written();
        copy(written, _ -> {});
        return bytes(written);
    }

    private static long bytes(List<AddressRange> ranges) {
        return ranges.stream().mapToLong(AddressRange::length).sum();
    }

    private void copy(List<AddressRange> ranges, LongConsumer progress) throws IOException {
        long done = 0;
        staged.clear();
        for (AddressRange range : ranges) {
            for (long from = range.start(); from < range.end() && !hasEnded.getAsBoolean(); from += CHUNK_BYTES) {
                long to = Math.min(range.end(), from + CHUNK_BYTES);
                staged.addPages(memory.ram().segment(), from, to);
                done += to - from;
                if (staged.bytes() >= CHUNK_BYTES) {
                    send();
                    progress.accept(done);
                }
            }
        }
        send();
    }

    /// The guest needs the processors and the link as well, so half of the time is left to it.
    private void send() throws IOException {
        long began = System.nanoTime();
        sender.send();
        staged.clear();
        LockSupport.parkNanos(System.nanoTime() - began);
    }
}
