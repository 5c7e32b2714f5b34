package understudy.volume.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What options carry, taken apart. Pure; every length is checked against what there is.
final class OptionData {

    /// Options with more queries are answered with `NBD_REP_ERR_TOO_BIG`.
    static final int QUERIES_MAX = 256;

    private OptionData() {}

    /// Not what the document says; `tooBig` tells which error is the answer.
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;
        private final boolean tooBig;

        private Malformed(String why, boolean tooBig) {
            super(why, null, false, false);
            this.tooBig = tooBig;
        }

        boolean isTooBig() {
            return tooBig;
        }
    }

    /// Of `NBD_OPT_INFO` and `NBD_OPT_GO`.
    ///
    /// @param wanted the kinds of information that the client asks for
    record Choice(String export, Set<Integer> wanted) {}

    /// Of `NBD_OPT_LIST_META_CONTEXT` and `NBD_OPT_SET_META_CONTEXT`.
    record Contexts(String export, List<String> queries) {}

    static Choice choice(ByteBuffer data) throws Malformed {
        String export = string(data);
        if (data.remaining() < 2) {
            throw new Malformed("the number of information requests is missing", false);
        }
        int count = Short.toUnsignedInt(data.getShort());
        if (data.remaining() != count * 2) {
            throw new Malformed("not as many information requests as announced", false);
        }
        Set<Integer> wanted = new HashSet<>();
        while (data.hasRemaining()) {
            wanted.add(Short.toUnsignedInt(data.getShort()));
        }
        return new Choice(export, Set.copyOf(wanted));
    }

    static Contexts contexts(ByteBuffer data) throws Malformed {
        String export = string(data);
        if (data.remaining() < 4) {
            throw new Malformed("the number of queries is missing", false);
        }
        int count = data.getInt();
        if (count < 0 || count > QUERIES_MAX) {
            throw new Malformed("more than " + QUERIES_MAX + " queries", true);
        }
        List<String> queries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            queries.add(string(data));
        }
        if (data.hasRemaining()) {
            throw new Malformed("more data than announced", false);
        }
        return new Contexts(export, List.copyOf(queries));
    }

    private static String string(ByteBuffer data) throws Malformed {
        if (data.remaining() < 4) {
            throw new Malformed("the length of a string is missing", false);
        }
        int length = data.getInt();
        if (length < 0 || length > data.remaining()) {
            throw new Malformed("a string is cut short", false);
        }
        if (length > Nbd.STRING_BYTES_MAX) {
            throw new Malformed("a string has more than " + Nbd.STRING_BYTES_MAX + " bytes", true);
        }
        ByteBuffer bytes = data.slice(data.position(), length);
        data.position(data.position() + length);
        return text(bytes);
    }

    /// @param bytes of a string, all of them
    static String text(ByteBuffer bytes) throws Malformed {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            if (text.indexOf('\0') >= 0) {
                throw new Malformed("a string has a 0 in it", false);
            }
            return text;
        } catch (CharacterCodingException e) {
            throw new Malformed("a string is not UTF-8", false);
        }
    }
}
