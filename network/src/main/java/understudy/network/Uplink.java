package understudy.network;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import understudy.linux.Tap;
import understudy.model.MacAddress;

/// Where a port's frames leave: a TAP device, with the counting, the learning of addresses, and the guest's
/// announcements.
///
/// Threads: one at a time.
final class Uplink implements AutoCloseable {
    private static final int ETHERNET_HEADER_BYTES = 14;

    /// A repetition that is later than that is left out, with those that follow: this process has stood still, and the
    /// guest may be elsewhere now. In nanoseconds: 200 ms.
    private static final long OVERDUE_MAX = 200_000_000;

    private final Tap tap;
    private final MacAddress mac;
    private final Counters counters;
    private final GuestAddresses addresses;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment announcement = arena.allocate(Announcement.FRAME_BYTES);
    private boolean failing;
    private Optional<String> failureToTell = Optional.empty();
    private int repetitionsDone = Announcement.REPETITIONS.size();
    private long announcedAt;

    Uplink(Tap tap, MacAddress mac, Counters counters) {
        this.tap = tap;
        this.mac = mac;
        this.counters = counters;
        addresses = new GuestAddresses(mac);
    }

    Tap tap() {
        return tap;
    }

    GuestAddresses addresses() {
        return addresses;
    }

    /// Sends a frame of the guest. One that the device refuses is lost, as frames may be.
    void send(MemorySegment buffer, long offset, int length) {
        if (length < ETHERNET_HEADER_BYTES) {
            counters.framesDropped.increment();
            return;
        }
        addresses.learn(buffer, offset, length);
        write(buffer, offset, length);
    }

    private void write(MemorySegment buffer, long offset, int length) {
        try {
            tap.write(buffer, offset, length);
            counters.framesOut.increment();
            counters.bytesOut.add(length);
            failing = false;
        } catch (IOException e) {
            counters.framesDropped.increment();
            if (!failing) {
                failing = true;
                failureToTell = Optional.of(String.valueOf(e.getMessage()));
            }
        }
    }

    /// Why the device has begun to refuse frames, if it has since the last time this was asked.
    Optional<String> failureToTell() {
        Optional<String> failure = failureToTell;
        failureToTell = Optional.empty();
        return failure;
    }

    boolean hasFailureToTell() {
        return failureToTell.isPresent();
    }

    /// Announces the guest now and begins the repetitions.
    void announce(long now) {
        announcedAt = now;
        repetitionsDone = 0;
        sendAnnouncement();
    }

    /// Ends the repetitions.
    void fallSilent() {
        repetitionsDone = Announcement.REPETITIONS.size();
    }

    /// Announces again if it is time.
    ///
    /// @return the nanoseconds until the next repetition; negative if there is none
    long repeat(long now) {
        long rest = untilNext(now);
        if (rest < -OVERDUE_MAX) {
            fallSilent();
        }
        if (repetitionsDone < Announcement.REPETITIONS.size() && rest <= 0) {
            repetitionsDone++;
            sendAnnouncement();
            rest = untilNext(now);
        }
        return repetitionsDone < Announcement.REPETITIONS.size() ? Math.max(0, rest) : -1;
    }

    private long untilNext(long now) {
        return repetitionsDone < Announcement.REPETITIONS.size()
                ? announcedAt + Announcement.REPETITIONS.get(repetitionsDone).toNanos() - now
                : -1;
    }

    private void sendAnnouncement() {
        Announcement.rarp(mac, announcement);
        write(announcement, 0, Announcement.FRAME_BYTES);
        for (int address : addresses.known()) {
            Announcement.arp(mac, address, announcement);
            write(announcement, 0, Announcement.FRAME_BYTES);
        }
    }

    @Override
    public void close() {
        tap.close();
        arena.close();
    }
}
