package understudy.qemu;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Reads JSON objects, one a line, from a channel. For one thread.
final class JsonLines {
    /// The longest line, in bytes. QEMU's longest answers (`query-qmp-schema`) are below 1 MiB.
    static final int LINE_MAX = 16 << 20;

    private final ReadableByteChannel channel;
    private final ObjectMapper mapper;
    private byte[] buffer = new byte[64 << 10];
    private int start;
    private int searched;
    private int end;

    JsonLines(ReadableByteChannel channel, ObjectMapper mapper) {
        this.channel = channel;
        this.mapper = mapper;
    }

    /// Waits for the next object.
    ///
    /// @throws EOFException  if the peer closed, between lines or within one
    /// @throws QmpException  of kind `GARBAGE` if the line is too long or no JSON object
    JsonNode next() throws IOException {
        int newline = newline();
        while (newline < 0) {
            fill();
            newline = newline();
        }
        int from = start;
        start = newline + 1;
        searched = start;
        return parsed(from, newline - from);
    }

    private JsonNode parsed(int from, int length) throws QmpException {
        try {
            JsonNode node = mapper.readTree(buffer, from, length);
            if (node.isObject()) {
                return node;
            }
        } catch (JacksonException e) {
            // Told below, with the text itself: Jackson's position within it says less.
        }
        String text = new String(buffer, from, Math.min(length, 80), java.nio.charset.StandardCharsets.ISO_8859_1);
        throw new QmpException(QmpException.Kind.GARBAGE, "not QMP: a line begins with '" + printable(text) + "'");
    }

    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?").strip();
    }

    private int newline() {
        while (searched < end) {
            if (buffer[searched] == '\n') {
                return searched;
            }
            searched++;
        }
        return -1;
    }

    private void fill() throws IOException {
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
            searched -= start;
            start = 0;
        }
        if (end == buffer.length) {
            if (end >= LINE_MAX) {
                throw new QmpException(QmpException.Kind.GARBAGE, "not QMP: a line longer than " + LINE_MAX + " bytes");
            }
            buffer = Arrays.copyOf(buffer, Math.min(LINE_MAX, buffer.length * 2));
        }
        int n = channel.read(ByteBuffer.wrap(buffer, end, buffer.length - end));
        if (n < 0) {
            throw new EOFException(
                    end == 0 ? "QEMU closed its QMP socket" : "QEMU closed its QMP socket within a line");
        }
        end += n;
    }
}
