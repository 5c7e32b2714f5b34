package understudy.agent.rest;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import understudy.api.VolumePieces;
import understudy.model.Problem;

/// The answer that a volume's content is. It begins with the first piece, so that what is refused before is
/// answered like any other refusal; what fails later is told in the stream.
final class ExportAnswer implements VolumePieces.Sink, AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final Exchange exchange;
    private Optional<OutputStream> out = Optional.empty();

    ExportAnswer(Exchange exchange) {
        this.exchange = exchange;
    }

    private VolumePieces.Sink begun() {
        if (out.isEmpty()) {
            out = Optional.of(new BufferedOutputStream(exchange.stream(VolumePieces.CONTENT_TYPE), BUFFER_BYTES));
        }
        return VolumePieces.writer(out.get());
    }

    @Override
    public void piece(long offset, byte[] bytes, int length) throws IOException {
        begun().piece(offset, bytes, length);
    }

    @Override
    public void end(long size) throws IOException {
        begun().end(size);
    }

    /// @return whether the caller is told; if not, nothing was answered yet
    boolean fail(Problem problem) throws IOException {
        if (out.isEmpty()) {
            return false;
        }
        VolumePieces.fail(out.get(), problem);
        return true;
    }

    @Override
    public void close() throws IOException {
        if (out.isPresent()) {
            out.get().close();
        }
    }
}
