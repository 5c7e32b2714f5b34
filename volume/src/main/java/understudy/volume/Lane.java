package understudy.volume;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// One client's way into a volume.
///
/// Calls come from one thread at a time. A batch is what the client has sent so far: reads are tried at once;
/// writes, zeroes, trims and flushes are only recorded, and carried out by [#end], all together.
///
/// `request` names a request until it is answered; offsets and lengths are in bytes, lie inside the volume and
/// need no alignment, and no length is above [Geometry#REQUEST_BYTES_MAX] but those of zeroes and trims, which
/// may be as long as the volume.
///
/// A call may hang as long as the disk does. The volume tells the client so ([LaneClient#threadLost]); the call
/// then counts as recorded, or as to be answered later, and throws [LaneAbandonedException] when it comes back:
/// the thread that made it has lost the lane to another and must not touch it again.
public interface Lane extends AutoCloseable {

    /// Reads into `target`, whose size is the length.
    ///
    /// @return whether `target` holds the data now; else [LaneClient#readDone] or [LaneClient#failed] comes, now
    /// or later, and `target` is not touched after the return
    boolean read(int request, long offset, MemorySegment target);

    /// Records a write. The payload must stay as it is until [#end] has returned; the
    /// [Geometry#HEADROOM_BYTES] bytes of native memory before it are the volume's to overwrite until then.
    ///
    /// @param durable whether it is answered only when it will survive a loss of power (NBD calls it FUA)
    void write(int request, long offset, MemorySegment payload, boolean durable);

    /// Records that a range becomes zeros.
    ///
    /// @param mayPunch whether its space may be given back
    void zero(int request, long offset, long length, boolean mayPunch, boolean durable);

    /// Records that the content of a range is of no more use; it reads as zeros afterwards.
    void trim(int request, long offset, long length, boolean durable);

    /// Records that everything answered before must survive a loss of power.
    void flush(int request);

    /// Carries out what was recorded, in its order where ranges overlap. Answers may come before it returns, or
    /// later.
    void end();

    /// What is allocated, in order, covering the range up to `extentsMax` pieces; it may end early. A volume that
    /// does not know says that all is data.
    List<Allocation> allocation(long offset, long length, int extentsMax);

    /// A piece of a volume.
    ///
    /// @param hole   whether it takes no space
    /// @param zero   whether it reads as zeros
    record Allocation(long length, boolean hole, boolean zero) {}

    /// Gives the lane up. Unanswered requests are carried out or not; nothing is told to the client any more
    /// once this has returned.
    @Override
    void close();
}
