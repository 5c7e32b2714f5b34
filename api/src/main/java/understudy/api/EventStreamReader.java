package understudy.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/// Reads server-sent events (WHATWG HTML, section 9.2) whose data is an [Event] in JSON. Comments and fields
/// other than `data` are passed over; an event that the end of the stream cuts off is dropped.
final class EventStreamReader {
    private static final int LINE_BYTES_MAX = 1 << 20;

    private final InputStream stream;
    private final Runnable heard;

    /// @param heard is run at every line
    EventStreamReader(InputStream stream, Runnable heard) {
        this.stream = stream;
        this.heard = heard;
    }

    /// @return the next event, or nothing at the end of the stream
    /// @throws IOException also if what comes is no event
    Optional<Event> next() throws IOException {
        StringBuilder data = new StringBuilder();
        for (Optional<String> line = line(); line.isPresent(); line = line()) {
            heard.run();
            String text = line.orElseThrow();
            if (text.startsWith("data:")) {
                append(data, text.substring(5).strip());
            } else if (text.isEmpty() && !data.isEmpty()) {
                return Optional.of(event(data.toString()));
            }
        }
        return Optional.empty();
    }

    private static void append(StringBuilder data, String text) throws IOException {
        if (data.length() + text.length() > LINE_BYTES_MAX) {
            throw new IOException("an event of more than " + LINE_BYTES_MAX + " bytes");
        }
        data.append(data.isEmpty() ? "" : "\n").append(text);
    }

    private static Event event(String data) throws IOException {
        try {
            return Json.answer(data.getBytes(StandardCharsets.UTF_8), Event.class);
        } catch (JacksonException e) {
            throw new IOException("not an event: " + e.getOriginalMessage(), e);
        }
    }

    private Optional<String> line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = stream.read(); octet >= 0; octet = stream.read()) {
            if (octet == '\n') {
                String text = line.toString(StandardCharsets.UTF_8);
                return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
            }
            line.write(octet);
            if (line.size() > LINE_BYTES_MAX) {
                throw new IOException("a line of more than " + LINE_BYTES_MAX + " bytes");
            }
        }
        return Optional.empty();
    }
}
