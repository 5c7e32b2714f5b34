package understudy.api;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import understudy.model.Problem;

/// The content of a volume on its way, without its holes: pieces in rising order, and an end by which the reader
/// knows that it has all.
///
/// Each piece is an offset (8 bytes, most significant first), a length (4 bytes) and so many bytes. A length of 0
/// is the end, with the volume's size as its offset. The offset −1 has a [Problem] as JSON for its bytes: there
/// will be no end.
public final class VolumePieces {
    /// The longest piece.
    public static final int LENGTH_MAX = 1 << 20;

    /// What a stream of pieces is called in HTTP.
    public static final String CONTENT_TYPE = "application/vnd.understudy.volume-pieces";

    private static final long PROBLEM = -1;
    private static final long OFFSET_MAX = 64L << 40;

    private VolumePieces() {}

    /// Where the content goes.
    public interface Sink {
        /// @param bytes of which the first `length` count; the caller's again afterwards
        void piece(long offset, byte[] bytes, int length) throws IOException;

        /// That was all.
        void end(long size) throws IOException;
    }

    /// A sink that writes the stream that [#read] reads.
    public static Sink writer(OutputStream out) {
        DataOutputStream data = new DataOutputStream(out);
        return new Sink() {
            @Override
            public void piece(long offset, byte[] bytes, int length) throws IOException {
                data.writeLong(offset);
                data.writeInt(length);
                data.write(bytes, 0, length);
            }

            @Override
            public void end(long size) throws IOException {
                data.writeLong(size);
                data.writeInt(0);
                data.flush();
            }
        };
    }

    /// Ends a stream that cannot be ended well.
    public static void fail(OutputStream out, Problem problem) throws IOException {
        byte[] json = Json.bytes(problem);
        DataOutputStream data = new DataOutputStream(out);
        data.writeLong(PROBLEM);
        data.writeInt(json.length);
        data.write(json);
        data.flush();
    }

    /// Reads a stream to its end.
    ///
    /// @throws Problem.Refused with the sender's problem, or `export-broken` if the stream has no end or makes no
    ///     sense
    /// @throws IOException if the sink throws it
    public static void read(InputStream in, Sink sink) throws IOException {
        DataInputStream data = new DataInputStream(in);
        byte[] bytes = new byte[LENGTH_MAX];
        long past = 0;
        while (true) {
            long offset;
            int length;
            try {
                offset = data.readLong();
                length = data.readInt();
                if (length < 0 || length > LENGTH_MAX || offset > OFFSET_MAX || (offset < past && offset != PROBLEM)) {
                    throw broken("a piece of " + length + " bytes at " + offset + " after " + past);
                }
                data.readFully(bytes, 0, length);
            } catch (EOFException e) {
                throw broken("the connection ended before the content did");
            } catch (IOException e) {
                throw broken("the connection broke: " + e.getMessage());
            }
            if (offset == PROBLEM) {
                throw problem(Arrays.copyOf(bytes, length)).refused();
            }
            if (length == 0) {
                sink.end(offset);
                return;
            }
            sink.piece(offset, bytes, length);
            past = offset + length;
        }
    }

    private static Problem problem(byte[] json) {
        try {
            return Json.answer(json, Problem.class);
        } catch (JacksonException e) {
            return broken(new String(json, StandardCharsets.UTF_8)).problem();
        }
    }

    private static Problem.Refused broken(String why) {
        return Problem.of("export-broken", "The content of the volume did not come to its end.", "Export it again.")
                .because(why)
                .refused();
    }
}
