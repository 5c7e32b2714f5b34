package understudy.volume.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import understudy.volume.Geometry;

/// The handshake: bytes of the client in, bytes for it out, until both agree or part. It does no I/O and reads no
/// clock, so that all that a client can say in it can be tried.
///
/// It speaks fixed newstyle. The awkward option is `NBD_OPT_EXPORT_NAME`, to which there is no answer but success
/// or the end; and an option that is too long to be kept, which is read to its end without being kept, so that
/// its error is heard.
final class Negotiation {

    /// Longer options are skipped and refused.
    static final int OPTION_BYTES_MAX = 64 << 10;

    /// Longer options end the connection.
    static final int SKIPPED_BYTES_MAX = 32 << 20;

    static final String ALLOCATION = "base:allocation";
    static final int ALLOCATION_ID = 1;

    private static final int OPTION_HEADER_BYTES = 16;

    /// Where the handshake stands after some input.
    sealed interface Outcome {}

    /// The client is expected to say more.
    record Haggling() implements Outcome {}

    /// Requests follow.
    record Agreed(Terms terms) implements Outcome {}

    /// The connection ends once the replies are sent.
    ///
    /// @param violation whether the client is to blame
    record Over(String why, boolean violation) implements Outcome {}

    private static final Outcome HAGGLING = new Haggling();

    private final List<Export> exports;
    private final OptionReplies replies = new OptionReplies();
    private boolean greeted;
    private boolean zeroes;
    private boolean structured;

    /// For which export the client has chosen the context [#ALLOCATION].
    private Optional<Export> contextOf = Optional.empty();

    /// The rest of an option that is not kept, and which one it is.
    private int toSkip;

    private int skipped;

    Negotiation(List<Export> exports) {
        this.exports = exports;
        replies.greeting();
    }

    /// What the client is to be sent, in order, since the last call.
    byte[] replies() {
        return replies.take();
    }

    /// Takes whole messages from `in`, moving its position; the rest must come again with what follows it. There
    /// must be room for [#OPTION_BYTES_MAX] and a header in whatever holds the rest.
    Outcome take(ByteBuffer in) {
        Outcome outcome = HAGGLING;
        while (outcome.equals(HAGGLING)) {
            int before = in.position();
            outcome = greeted ? takeOption(in) : takeClientFlags(in);
            if (in.position() == before) {
                return outcome;
            }
        }
        return outcome;
    }

    private Outcome takeClientFlags(ByteBuffer in) {
        if (in.remaining() < 4) {
            return HAGGLING;
        }
        int flags = in.getInt();
        if ((flags & ~(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES)) != 0) {
            return new Over("unknown client flags 0x%x".formatted(flags), true);
        }
        zeroes = (flags & Nbd.FLAG_NO_ZEROES) == 0;
        greeted = true;
        return HAGGLING;
    }

    private Outcome takeOption(ByteBuffer in) {
        if (toSkip > 0) {
            return skip(in);
        }
        if (in.remaining() < OPTION_HEADER_BYTES) {
            return HAGGLING;
        }
        int start = in.position();
        if (in.getLong(start) != Nbd.OPTION_MAGIC) {
            return new Over("an option without its magic", true);
        }
        int option = in.getInt(start + 8);
        int length = in.getInt(start + 12);
        if (length < 0 || length > SKIPPED_BYTES_MAX) {
            return new Over("option %d of %d bytes".formatted(option, Integer.toUnsignedLong(length)), true);
        }
        if (length > OPTION_BYTES_MAX) {
            if (option == Nbd.OPT_EXPORT_NAME) {
                return new Over("an export's name of %d bytes".formatted(length), true);
            }
            in.position(start + OPTION_HEADER_BYTES);
            toSkip = length;
            skipped = option;
            return HAGGLING;
        }
        if (in.remaining() < OPTION_HEADER_BYTES + length) {
            return HAGGLING;
        }
        ByteBuffer data = in.slice(start + OPTION_HEADER_BYTES, length);
        in.position(start + OPTION_HEADER_BYTES + length);
        return answer(option, data);
    }

    private Outcome skip(ByteBuffer in) {
        int now = Math.min(toSkip, in.remaining());
        in.position(in.position() + now);
        toSkip -= now;
        if (toSkip == 0) {
            replies.error(skipped, Nbd.REP_ERR_TOO_BIG, "more than " + OPTION_BYTES_MAX + " bytes");
        }
        return HAGGLING;
    }

    private Outcome answer(int option, ByteBuffer data) {
        try {
            return switch (option) {
                case Nbd.OPT_EXPORT_NAME -> exportName(data);
                case Nbd.OPT_ABORT -> {
                    replies.acknowledge(option);
                    yield new Over("the client ended the handshake", false);
                }
                case Nbd.OPT_LIST -> {
                    if (isEmpty(option, data)) {
                        exports.forEach(export -> replies.server(option, export.name()));
                        replies.acknowledge(option);
                    }
                    yield HAGGLING;
                }
                case Nbd.OPT_STARTTLS -> {
                    if (isEmpty(option, data)) {
                        replies.error(option, Nbd.REP_ERR_POLICY, "no TLS on a UNIX socket");
                    }
                    yield HAGGLING;
                }
                case Nbd.OPT_STRUCTURED_REPLY -> {
                    if (isEmpty(option, data)) {
                        structured = true;
                        replies.acknowledge(option);
                    }
                    yield HAGGLING;
                }
                case Nbd.OPT_INFO, Nbd.OPT_GO -> choice(option, OptionData.choice(data));
                case Nbd.OPT_LIST_META_CONTEXT -> {
                    listContexts(option, data);
                    yield HAGGLING;
                }
                case Nbd.OPT_SET_META_CONTEXT -> {
                    setContexts(option, data);
                    yield HAGGLING;
                }
                default -> {
                    replies.error(option, Nbd.REP_ERR_UNSUP, "this server does not know the option");
                    yield HAGGLING;
                }
            };
        } catch (OptionData.Malformed e) {
            if (option == Nbd.OPT_EXPORT_NAME) {
                return new Over("an export's name that is none: " + e.getMessage(), true);
            }
            replies.error(
                    option, e.isTooBig() ? Nbd.REP_ERR_TOO_BIG : Nbd.REP_ERR_INVALID, String.valueOf(e.getMessage()));
            return HAGGLING;
        }
    }

    private boolean isEmpty(int option, ByteBuffer data) {
        if (data.hasRemaining()) {
            replies.error(option, Nbd.REP_ERR_INVALID, "this option has no data");
            return false;
        }
        return true;
    }

    private Outcome exportName(ByteBuffer data) throws OptionData.Malformed {
        if (data.remaining() > Nbd.STRING_BYTES_MAX) {
            return new Over("an export's name of %d bytes".formatted(data.remaining()), true);
        }
        String name = OptionData.text(data);
        Optional<Export> export = find(name);
        if (export.isEmpty()) {
            return new Over("no export " + quoted(name), true);
        }
        Terms terms = terms(export.get());
        replies.export(sizeOf(export.get()), flagsOf(export.get()), zeroes);
        return new Agreed(terms);
    }

    private Outcome choice(int option, OptionData.Choice choice) {
        Optional<Export> found = find(choice.export());
        if (found.isEmpty()) {
            replies.error(option, Nbd.REP_ERR_UNKNOWN, "no export " + quoted(choice.export()));
            return HAGGLING;
        }
        Export export = found.get();
        replies.infoExport(option, sizeOf(export), flagsOf(export));
        if (choice.wanted().contains(Nbd.INFO_NAME)) {
            replies.infoName(option, export.name());
        }
        if (choice.wanted().contains(Nbd.INFO_BLOCK_SIZE)) {
            replies.infoBlockSize(option, 1, Nbd.BLOCK_BYTES_PREFERRED, Geometry.REQUEST_BYTES_MAX);
        }
        replies.acknowledge(option);
        return option == Nbd.OPT_GO ? new Agreed(terms(export)) : HAGGLING;
    }

    private void listContexts(int option, ByteBuffer data) throws OptionData.Malformed {
        OptionData.Contexts wanted = OptionData.contexts(data);
        List<String> queries = wanted.queries();
        if (isReadyForContexts(option, wanted)) {
            if (queries.isEmpty() || queries.contains("base:") || queries.contains(ALLOCATION)) {
                replies.context(option, 0, ALLOCATION.getBytes(StandardCharsets.UTF_8));
            }
            replies.acknowledge(option);
        }
    }

    private void setContexts(int option, ByteBuffer data) throws OptionData.Malformed {
        contextOf = Optional.empty(); // also when it fails
        OptionData.Contexts wanted = OptionData.contexts(data);
        if (isReadyForContexts(option, wanted)) {
            if (wanted.queries().contains(ALLOCATION)) {
                contextOf = find(wanted.export());
                replies.context(option, ALLOCATION_ID, ALLOCATION.getBytes(StandardCharsets.UTF_8));
            }
            replies.acknowledge(option);
        }
    }

    private boolean isReadyForContexts(int option, OptionData.Contexts wanted) {
        if (!structured) {
            replies.error(option, Nbd.REP_ERR_INVALID, "structured replies come first");
            return false;
        }
        if (find(wanted.export()).isEmpty()) {
            replies.error(option, Nbd.REP_ERR_UNKNOWN, "no export " + quoted(wanted.export()));
            return false;
        }
        return true;
    }

    /// The empty name means the only export, if there is only one.
    private Optional<Export> find(String name) {
        Optional<Export> exact =
                exports.stream().filter(export -> export.name().equals(name)).findFirst();
        boolean single = name.isEmpty() && exports.size() == 1;
        return exact.or(() -> single ? Optional.of(exports.getFirst()) : Optional.empty());
    }

    /// A context counts only for the export that it was chosen for.
    private Terms terms(Export export) {
        return new Terms(export, structured, structured && contextOf.equals(Optional.of(export)));
    }

    private static long sizeOf(Export export) {
        return export.volume().sizeBytes();
    }

    private int flagsOf(Export export) {
        return Terms.flags(export.readOnly(), structured);
    }

    /// Names come from outside: neither control characters nor pages of text belong into a log.
    private static String quoted(String name) {
        String clean = name.replaceAll("\\p{Cntrl}", "?");
        return '"' + (clean.length() > 64 ? clean.substring(0, 64) + "…" : clean) + '"';
    }
}
