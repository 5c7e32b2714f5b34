package understudy.link;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Life;

/// The first thing that an agent says on a connection that it dialled.
///
/// Body, big-endian: versions min and max (2 bytes each), cluster (16), life (16), index (1), length and bytes
/// of the name, length and bytes of the service (1 + n each). A later version may append fields, which this one
/// skips.
///
/// @param index which of the listener's addresses was dialled
/// @param service 1 to 32 ASCII letters, digits or `-`
record Hello(Versions versions, UUID cluster, Life life, HostName name, int index, String service) {
    Hello {
        if (!service.matches("[a-z0-9-]{1,32}")) {
            throw new IllegalArgumentException("service '" + service + "': 1 to 32 of a-z, 0-9 and '-'");
        }
        if (index < 0 || index >= LinkConfig.ADDRESSES_MAX) {
            throw new IllegalArgumentException("address " + index);
        }
    }

    ByteBuffer encode() {
        ByteBuffer body = ByteBuffer.allocate(Frame.BODY_MAX);
        body.putShort((short) versions.min()).putShort((short) versions.max());
        putUuid(body, cluster);
        putUuid(body, life.value());
        body.put((byte) index);
        putText(body, name.value());
        putText(body, service);
        return body.flip();
    }

    /// @throws IllegalArgumentException if the bytes are no hello
    static Hello decode(ByteBuffer body) {
        try {
            Versions versions =
                    new Versions(Short.toUnsignedInt(body.getShort()), Short.toUnsignedInt(body.getShort()));
            UUID cluster = uuid(body);
            Life life = new Life(uuid(body));
            int index = Byte.toUnsignedInt(body.get());
            HostName name = new HostName(text(body));
            return new Hello(versions, cluster, life, name, index, text(body));
        } catch (BufferUnderflowException truncated) {
            throw new IllegalArgumentException("a truncated greeting", truncated);
        }
    }

    static void putUuid(ByteBuffer to, UUID uuid) {
        to.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
    }

    static UUID uuid(ByteBuffer from) {
        return new UUID(from.getLong(), from.getLong());
    }

    static void putText(ByteBuffer to, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        to.put((byte) bytes.length).put(bytes);
    }

    static String text(ByteBuffer from) {
        byte[] bytes = new byte[Byte.toUnsignedInt(from.get())];
        from.get(bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
