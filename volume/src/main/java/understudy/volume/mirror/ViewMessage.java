package understudy.volume.mirror;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.UUID;

/// What a new view means for the peer's replica; it is durable there before it is answered.
///
/// @param view  its number, or for [Change#FOLLOW] the view that the replica's content belongs to
/// @param other the serving side's replica
record ViewMessage(Change change, long view, UUID other) {
    static final int BYTES = 32;

    private static final ValueLayout.OfLong LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// In the order of their numbers on the wire.
    enum Change {
        /// It is the only one in sync, and marks what the other lacks. `view` is the one that both were in sync
        /// in.
        TRACK,
        /// The same, and the other one lacks everything. `view` is what the copy will be known by.
        TRACK_ALL,
        /// Client writes go to the other one, too: they need no marks.
        MARK_NO_WRITES,
        /// It is not in sync; what it lacks is copied to it.
        FOLLOW,
        /// The same, and its content is no version of the volume: everything is copied to it.
        FOLLOW_IN_FULL,
        /// It is in sync again, as is the other.
        ADMIT
    }

    ByteBuffer encode() {
        return ByteBuffer.allocateDirect(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(List.of(Change.values()).indexOf(change))
                .putLong(view)
                .putLong(other.getMostSignificantBits())
                .putLong(other.getLeastSignificantBits())
                .flip();
    }

    static ViewMessage decode(MemorySegment bytes) throws BrokenLinkException {
        if (bytes.byteSize() != BYTES) {
            throw new BrokenLinkException("a view of " + bytes.byteSize() + " bytes");
        }
        int change = bytes.get(JAVA_BYTE, 0);
        long view = bytes.get(LONG, 8);
        if (change < 0 || change >= Change.values().length || view < 0) {
            throw new BrokenLinkException("a view " + view + " with change " + change);
        }
        return new ViewMessage(Change.values()[change], view, new UUID(bytes.get(LONG, 16), bytes.get(LONG, 24)));
    }
}
