package understudy.agent.rest;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import understudy.model.Problem;

/// A request's body, of which no more than so many bytes are accepted.
final class BoundedBody extends FilterInputStream {
    /// What is read and thrown away of a body that is too large, so that whoever is still sending it gets to see
    ///  the answer instead of a broken connection.
    private static final int DRAIN_BYTES = 8 << 20;

    private final long limit;
    private long count;

    BoundedBody(InputStream content, long limit) {
        super(content);
        this.limit = limit;
    }

    /// @throws Problem.Refused with `too-large`
    @Override
    public int read() throws IOException {
        int octet = super.read();
        counted(octet < 0 ? 0 : 1);
        return octet;
    }

    /// @throws Problem.Refused with `too-large`
    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        counted(Math.max(read, 0));
        return read;
    }

    private void counted(int bytes) throws IOException {
        count += bytes;
        if (count > limit) {
            in.skip(DRAIN_BYTES);
            throw tooLarge(limit).refused();
        }
    }

    static Problem tooLarge(long limit) {
        return Problem.of("too-large", "the body has more than " + limit + " bytes", "send less")
                .with("limit", limit);
    }
}
