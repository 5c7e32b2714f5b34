package understudy.link;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import understudy.model.HostName;
import understudy.model.Life;

/// What a listener says to a [Hello]. Body: code (1 byte; 0 is a welcome), then the fields of the record.
sealed interface Reply {

    /// From here on the bytes are the service's.
    ///
    /// @param version what both speak from here on
    record Welcome(int version, Life life, HostName name) implements Reply {}

    /// The connection ends here.
    ///
    /// @param text for people; cut to 400 bytes
    record Declined(Refusal refusal, String text) implements Reply {}

    int TEXT_MAX = 400;

    default ByteBuffer encode() {
        ByteBuffer body = ByteBuffer.allocate(Frame.BODY_MAX);
        switch (this) {
            case Welcome(int version, Life life, HostName name) -> {
                body.put((byte) 0).putShort((short) version);
                Hello.putUuid(body, life.value());
                Hello.putText(body, name.value());
            }
            case Declined(Refusal refusal, String text) -> {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                body.put((byte) refusal.code());
                body.put(bytes, 0, Math.min(bytes.length, TEXT_MAX));
            }
        }
        return body.flip();
    }

    /// @throws IllegalArgumentException if the bytes are no reply
    static Reply decode(ByteBuffer body) {
        try {
            int code = Byte.toUnsignedInt(body.get());
            if (code == 0) {
                int version = Short.toUnsignedInt(body.getShort());
                Life life = new Life(Hello.uuid(body));
                return new Welcome(version, life, new HostName(Hello.text(body)));
            }
            byte[] bytes = new byte[Math.min(body.remaining(), TEXT_MAX)];
            body.get(bytes);
            Refusal refusal = Refusal.of(code).orElse(Refusal.MALFORMED);
            return new Declined(refusal, printable(new String(bytes, StandardCharsets.UTF_8)));
        } catch (BufferUnderflowException truncated) {
            throw new IllegalArgumentException("a truncated reply", truncated);
        }
    }

    /// A stranger's text goes into logs and terminals.
    private static String printable(String text) {
        return text.replaceAll("[\\p{Cntrl}]", "?");
    }
}
