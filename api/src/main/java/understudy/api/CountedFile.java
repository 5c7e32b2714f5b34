package understudy.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/// A file on its way out, that says how far it got.
final class CountedFile extends FilterInputStream {
    private final LongConsumer progress;
    private long count;

    private CountedFile(InputStream content, LongConsumer progress) {
        super(content);
        this.progress = progress;
    }

    /// A request body of the file's present length; the file is opened when it is sent.
    static BodyPublisher publisher(Path file, LongConsumer progress) {
        BodyPublisher content = BodyPublishers.ofInputStream(() -> open(file, progress));
        try {
            long size = Files.size(file);
            return size == 0 ? BodyPublishers.noBody() : BodyPublishers.fromPublisher(content, size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(Path file, LongConsumer progress) {
        try {
            return new CountedFile(Files.newInputStream(file), progress);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int read() throws IOException {
        int octet = super.read();
        counted(octet < 0 ? 0 : 1);
        return octet;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        counted(Math.max(read, 0));
        return read;
    }

    private void counted(int bytes) {
        count += bytes;
        progress.accept(count);
    }
}
