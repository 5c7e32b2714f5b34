package understudy.volume;

import java.lang.foreign.MemorySegment;

/// What a volume tells the client of a lane. Calls come from any thread, also from within the client's own calls
/// into the lane; they do not block for long.
public interface LaneClient {

    /// A write, zero, trim or flush is done.
    void done(int request);

    /// A read is done.
    ///
    /// @param data of the read's length; valid until the call returns
    void readDone(int request, MemorySegment data);

    /// A request cannot be carried out. Not for the failure of one replica while there is another: that is no
    /// matter of clients.
    void failed(int request, Failure failure);

    /// A run of answers has ended: what they left to send may go now.
    void flushReplies();

    /// The thread that is in a call of the lane will not come back soon: another must go on with what comes after
    /// that call, with buffers of its own, since the lost thread may still use its buffers.
    void threadLost();

    /// Why a request failed.
    enum Failure {
        /// No replica has good data, or none could be written.
        IO,
        /// No replica has room.
        NO_SPACE,
        /// The volume is being closed.
        SHUTTING_DOWN
    }
}
