package understudy.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads and drops what a QEMU writes into a checkpoint FIFO whose agent was killed: without a reader it would
/// stand still in its main loop for ever, and answer nobody.
final class FifoDrain implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FifoDrain.class);
    private static final int BLOCK_BYTES = 64 << 10;

    private final Optional<FileChannel> fifo;

    private FifoDrain(Optional<FileChannel> fifo) {
        this.fifo = fifo;
        fifo.ifPresent(
                channel -> Thread.ofPlatform().daemon().name("fifo-drain").start(() -> drain(channel)));
    }

    /// Does nothing if there is no such FIFO. (Opened for reading and writing, a FIFO waits for nobody.)
    static FifoDrain of(Path path) throws IOException {
        return new FifoDrain(
                Files.exists(path)
                        ? Optional.of(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE))
                        : Optional.empty());
    }

    private static void drain(FileChannel channel) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        try {
            while (channel.read(block.clear()) >= 0) {
                LOG.info("dropped {} bytes of a checkpoint that was not taken", block.position());
            }
        } catch (ClosedChannelException end) {
            LOG.debug("the drain of a FIFO ends");
        } catch (IOException e) {
            LOG.warn("a checkpoint FIFO cannot be drained: {}", e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        if (fifo.isPresent()) {
            fifo.get().close();
        }
    }
}
