package understudy.volume.nbd;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Collects what the server says in the handshake.
final class OptionReplies {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /// The server's first words.
    void greeting() {
        ByteBuffer words = ByteBuffer.allocate(18);
        words.putLong(Nbd.MAGIC).putLong(Nbd.OPTION_MAGIC);
        words.putShort((short) (Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES));
        bytes.writeBytes(words.array());
    }

    /// The answer to `NBD_OPT_EXPORT_NAME`, which has a form of its own.
    void export(long size, int flags, boolean zeroes) {
        ByteBuffer words = ByteBuffer.allocate(10 + (zeroes ? 124 : 0));
        words.putLong(size).putShort((short) flags);
        bytes.writeBytes(words.array());
    }

    void reply(int option, int type, byte[] data) {
        ByteBuffer header = ByteBuffer.allocate(20);
        header.putLong(Nbd.OPTION_REPLY_MAGIC).putInt(option).putInt(type).putInt(data.length);
        bytes.writeBytes(header.array());
        bytes.writeBytes(data);
    }

    void acknowledge(int option) {
        reply(option, Nbd.REP_ACK, new byte[0]);
    }

    /// @param why for the human at the other end
    void error(int option, int type, String why) {
        reply(option, type, why.getBytes(StandardCharsets.UTF_8));
    }

    void server(int option, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        reply(option, Nbd.REP_SERVER, data(out -> {
            out.writeInt(text.length);
            out.write(text);
        }));
    }

    void context(int option, int id, byte[] name) {
        reply(option, Nbd.REP_META_CONTEXT, data(out -> {
            out.writeInt(id);
            out.write(name);
        }));
    }

    void infoExport(int option, long size, int flags) {
        reply(option, Nbd.REP_INFO, data(out -> {
            out.writeShort(Nbd.INFO_EXPORT);
            out.writeLong(size);
            out.writeShort(flags);
        }));
    }

    void infoName(int option, String name) {
        reply(option, Nbd.REP_INFO, data(out -> {
            out.writeShort(Nbd.INFO_NAME);
            out.write(name.getBytes(StandardCharsets.UTF_8));
        }));
    }

    void infoBlockSize(int option, int min, int preferred, int max) {
        reply(option, Nbd.REP_INFO, data(out -> {
            out.writeShort(Nbd.INFO_BLOCK_SIZE);
            out.writeInt(min);
            out.writeInt(preferred);
            out.writeInt(max);
        }));
    }

    /// All that was collected since the last call.
    byte[] take() {
        byte[] all = bytes.toByteArray();
        bytes.reset();
        return all;
    }

    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    private static byte[] data(Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            body.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return bytes.toByteArray();
    }
}
