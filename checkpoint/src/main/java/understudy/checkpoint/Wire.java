package understudy.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;

/// One connection to the other host's agent, as the streams of this package need it: bytes in order, both ways.
/// One thread may read while another writes.
public interface Wire extends AutoCloseable {

    /// Reads until the buffer is full.
    ///
    /// @throws java.io.EOFException if the other side closed before
    void readFully(ByteBuffer into) throws IOException;

    /// Writes all that remains in the buffers, in order.
    void writeFully(ByteBuffer... from) throws IOException;

    /// Ends it, at once; whoever reads or writes fails. Safe to repeat.
    @Override
    void close();
}
