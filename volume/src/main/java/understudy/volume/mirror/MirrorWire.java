package understudy.volume.mirror;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/// An ordered stream of bytes to and from the other host of the pair, as the mirror needs it.
///
/// Blocking. One thread reads while others write, one at a time. Closing, from any thread and as often as one
/// likes, ends blocked reads and writes with an `IOException`.
public interface MirrorWire extends Closeable {

    /// Blocks until there is at least one byte.
    ///
    /// @return how many, or −1 if the other side has closed
    int read(ByteBuffer into) throws IOException;

    /// Blocks until all bytes of the first `count` buffers are taken. Their memory belongs to the caller again
    /// then. After an exception some may have been sent: close.
    void write(ByteBuffer[] from, int count) throws IOException;

    /// Ends both directions. Does not block.
    @Override
    void close();
}
