package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class NegotiationTest {
    private static final long SIZE = 8 << 20;
    private static final Export DISK = new Export("disk", new MemoryVolume(SIZE), false);
    private static final Export IMAGE = new Export("image", new MemoryVolume(SIZE * 2), true);
    private static final byte[] NOTHING = new byte[0];

    private final Negotiation negotiation = new Negotiation(List.of(DISK, IMAGE));
    private Negotiation.Outcome outcome = new Negotiation.Haggling();

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Said(int option, int type, byte[] data) {
        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    private List<Said> say(byte[]... messages) {
        negotiation.replies();
        outcome = negotiation.take(ByteBuffer.wrap(NbdClient.concatenated(messages)));
        return said(ByteBuffer.wrap(negotiation.replies()));
    }

    private static List<Said> said(ByteBuffer bytes) {
        List<Said> all = new ArrayList<>();
        while (bytes.hasRemaining()) {
            assertThat(bytes.getLong()).isEqualTo(Nbd.OPTION_REPLY_MAGIC);
            int option = bytes.getInt();
            int type = bytes.getInt();
            byte[] data = new byte[bytes.getInt()];
            bytes.get(data);
            all.add(new Said(option, type, data));
        }
        return all;
    }

    private List<Said> sayOption(int option, byte[] data) {
        return say(NbdClient.optionBytes(option, data));
    }

    private void begin() {
        assertThat(say(NbdClient.clientFlags(3))).isEmpty();
    }

    private static List<Integer> types(List<Said> said) {
        return said.stream().map(Said::type).toList();
    }

    @Test
    void theGreetingOffersFixedNewstyleWithoutZeroes() {
        ByteBuffer greeting = ByteBuffer.wrap(negotiation.replies());
        assertThat(greeting.getLong()).isEqualTo(Nbd.MAGIC);
        assertThat(greeting.getLong()).isEqualTo(Nbd.OPTION_MAGIC);
        assertThat(greeting.getShort()).isEqualTo((short) 3);
        assertThat(greeting.hasRemaining()).isFalse();
    }

    @Test
    void unknownClientFlagsEndIt() {
        say(NbdClient.clientFlags(4));
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Negotiation.Over.class,
                        over -> assertThat(over.violation()).isTrue());
    }

    @Test
    void anOptionWithoutItsMagicEndsIt() {
        begin();
        say(new byte[16]);
        assertThat(outcome).isEqualTo(new Negotiation.Over("an option without its magic", true));
    }

    @Test
    void abortIsAcknowledgedWhateverItCarries() {
        begin();
        assertThat(types(sayOption(Nbd.OPT_ABORT, new byte[5]))).containsExactly(Nbd.REP_ACK);
        assertThat(outcome).isEqualTo(new Negotiation.Over("the client ended the handshake", false));
    }

    @Test
    void aListNamesAllExports() {
        begin();
        List<Said> said = sayOption(Nbd.OPT_LIST, NOTHING);
        assertThat(types(said)).containsExactly(Nbd.REP_SERVER, Nbd.REP_SERVER, Nbd.REP_ACK);
        assertThat(said.get(0).text()).isEqualTo("\0\0\0\4disk");
        assertThat(said.get(1).text()).isEqualTo("\0\0\0\5image");
    }

    @Test
    void optionsWithoutDataRefuseData() {
        begin();
        for (int option : new int[] {Nbd.OPT_LIST, Nbd.OPT_STARTTLS, Nbd.OPT_STRUCTURED_REPLY}) {
            assertThat(types(sayOption(option, new byte[1]))).containsExactly(Nbd.REP_ERR_INVALID);
        }
    }

    @Test
    void thereIsNoTls() {
        begin();
        assertThat(types(sayOption(Nbd.OPT_STARTTLS, NOTHING))).containsExactly(Nbd.REP_ERR_POLICY);
        assertThat(outcome).isInstanceOf(Negotiation.Haggling.class);
    }

    @Test
    void optionsThatNobodyKnowsAreUnsupported() {
        begin();
        for (int option : new int[] {0, 4, 11, 12, 0x7fffffff, -1}) {
            assertThat(types(sayOption(option, new byte[3]))).containsExactly(Nbd.REP_ERR_UNSUP);
        }
    }

    @Test
    void infoTellsAndGoes() {
        begin();
        sayOption(Nbd.OPT_STRUCTURED_REPLY, NOTHING);
        byte[] wanted = NbdClient.choice("disk", Nbd.INFO_NAME, 2, Nbd.INFO_BLOCK_SIZE, 77);
        for (int option : new int[] {Nbd.OPT_INFO, Nbd.OPT_GO}) {
            List<Said> said = sayOption(option, wanted);
            assertThat(types(said)).containsExactly(Nbd.REP_INFO, Nbd.REP_INFO, Nbd.REP_INFO, Nbd.REP_ACK);
            ByteBuffer export = ByteBuffer.wrap(said.get(0).data());
            assertThat(export.getShort()).isEqualTo((short) Nbd.INFO_EXPORT);
            assertThat(export.getLong()).isEqualTo(SIZE);
            assertThat((int) export.getShort()).isEqualTo(Terms.flags(false, true));
            assertThat(said.get(1).text()).isEqualTo("\0\1disk");
            ByteBuffer sizes = ByteBuffer.wrap(said.get(2).data());
            assertThat(sizes.getShort()).isEqualTo((short) Nbd.INFO_BLOCK_SIZE);
            assertThat(new int[] {sizes.getInt(), sizes.getInt(), sizes.getInt()})
                    .containsExactly(1, 4096, 32 << 20);
        }
        assertThat(outcome).isEqualTo(new Negotiation.Agreed(new Terms(DISK, true, false)));
    }

    @Test
    void whatFollowsGoIsLeftForTheRequests() {
        begin();
        ByteBuffer in = ByteBuffer.wrap(NbdClient.concatenated(
                NbdClient.optionBytes(Nbd.OPT_GO, NbdClient.choice("disk")), new byte[] {1, 2, 3}));
        assertThat(negotiation.take(in)).isEqualTo(new Negotiation.Agreed(new Terms(DISK, false, false)));
        assertThat(in.remaining()).isEqualTo(3);
    }

    @Test
    void anUnknownExportIsUnknownAndOnlyExportNameEndsForIt() {
        begin();
        List<Said> said = sayOption(Nbd.OPT_GO, NbdClient.choice("no\nne"));
        assertThat(types(said)).containsExactly(Nbd.REP_ERR_UNKNOWN);
        assertThat(said.getFirst().text()).isEqualTo("no export \"no?ne\"");
        assertThat(types(sayOption(Nbd.OPT_INFO, NbdClient.choice("")))).containsExactly(Nbd.REP_ERR_UNKNOWN);
        sayOption(Nbd.OPT_EXPORT_NAME, "none".getBytes(StandardCharsets.UTF_8));
        assertThat(outcome).isEqualTo(new Negotiation.Over("no export \"none\"", true));
    }

    @Test
    void theOnlyExportIsTheDefault() {
        Negotiation single = new Negotiation(List.of(IMAGE));
        byte[] go = NbdClient.optionBytes(Nbd.OPT_GO, NbdClient.choice("", Nbd.INFO_NAME));
        assertThat(single.take(ByteBuffer.wrap(NbdClient.concatenated(NbdClient.clientFlags(1), go))))
                .isEqualTo(new Negotiation.Agreed(new Terms(IMAGE, false, false)));
        assertThat(new String(single.replies(), StandardCharsets.UTF_8)).contains("image");
    }

    @Test
    void exportNameSendsZeroesUnlessTheyAreNotWanted() {
        for (int flags : new int[] {0, 1, 2, 3}) {
            Negotiation one = new Negotiation(List.of(DISK, IMAGE));
            one.replies();
            byte[] option = NbdClient.optionBytes(Nbd.OPT_EXPORT_NAME, "image".getBytes(StandardCharsets.UTF_8));
            assertThat(one.take(ByteBuffer.wrap(NbdClient.concatenated(NbdClient.clientFlags(flags), option))))
                    .isEqualTo(new Negotiation.Agreed(new Terms(IMAGE, false, false)));
            ByteBuffer reply = ByteBuffer.wrap(one.replies());
            assertThat(reply.remaining()).isEqualTo((flags & 2) == 0 ? 134 : 10);
            assertThat(reply.getLong()).isEqualTo(SIZE * 2);
            assertThat((int) reply.getShort()).isEqualTo(Terms.flags(true, false));
        }
    }

    @Test
    void flagsTellWhatAnExportCan() {
        int always = Nbd.FLAG_HAS_FLAGS
                | Nbd.FLAG_SEND_FLUSH
                | Nbd.FLAG_SEND_FUA
                | Nbd.FLAG_CAN_MULTI_CONN
                | Nbd.FLAG_SEND_CACHE;
        int writing = Nbd.FLAG_SEND_TRIM | Nbd.FLAG_SEND_WRITE_ZEROES | Nbd.FLAG_SEND_FAST_ZERO;
        assertThat(Terms.flags(false, false)).isEqualTo(always | writing);
        assertThat(Terms.flags(false, true)).isEqualTo(always | writing | Nbd.FLAG_SEND_DF);
        assertThat(Terms.flags(true, false)).isEqualTo(always | Nbd.FLAG_READ_ONLY);
        assertThat(Terms.flags(true, true)).isEqualTo(always | Nbd.FLAG_READ_ONLY | Nbd.FLAG_SEND_DF);
    }

    @Test
    void contextsWantStructuredRepliesAndAnExport() {
        begin();
        for (int option : new int[] {Nbd.OPT_LIST_META_CONTEXT, Nbd.OPT_SET_META_CONTEXT}) {
            assertThat(types(sayOption(option, NbdClient.contexts("disk", "base:allocation"))))
                    .containsExactly(Nbd.REP_ERR_INVALID);
        }
        sayOption(Nbd.OPT_STRUCTURED_REPLY, NOTHING);
        for (int option : new int[] {Nbd.OPT_LIST_META_CONTEXT, Nbd.OPT_SET_META_CONTEXT}) {
            assertThat(types(sayOption(option, NbdClient.contexts("none", "base:allocation"))))
                    .containsExactly(Nbd.REP_ERR_UNKNOWN);
        }
    }

    @Test
    void contextsAreListedByNameNamespaceAndAltogether() {
        begin();
        sayOption(Nbd.OPT_STRUCTURED_REPLY, NOTHING);
        for (String[] queries : List.of(
                new String[0], new String[] {"base:"}, new String[] {"x-a:b", "base:allocation", "base:allocation"})) {
            List<Said> said = sayOption(Nbd.OPT_LIST_META_CONTEXT, NbdClient.contexts("disk", queries));
            assertThat(types(said)).containsExactly(Nbd.REP_META_CONTEXT, Nbd.REP_ACK);
            assertThat(said.getFirst().text()).isEqualTo("\0\0\0\0base:allocation");
        }
        assertThat(types(sayOption(Nbd.OPT_LIST_META_CONTEXT, NbdClient.contexts("disk", "qemu:", "base:other"))))
                .containsExactly(Nbd.REP_ACK);
    }

    @Test
    void aContextIsChosenByItsWholeNameForOneExport() {
        begin();
        sayOption(Nbd.OPT_STRUCTURED_REPLY, NOTHING);
        assertThat(types(sayOption(Nbd.OPT_SET_META_CONTEXT, NbdClient.contexts("disk", "base:"))))
                .containsExactly(Nbd.REP_ACK);
        List<Said> said = sayOption(Nbd.OPT_SET_META_CONTEXT, NbdClient.contexts("disk", "base:allocation", "x-y:z"));
        assertThat(types(said)).containsExactly(Nbd.REP_META_CONTEXT, Nbd.REP_ACK);
        assertThat(said.getFirst().text()).isEqualTo("\0\0\0\1base:allocation");
        sayOption(Nbd.OPT_GO, NbdClient.choice("image"));
        assertThat(outcome).isEqualTo(new Negotiation.Agreed(new Terms(IMAGE, true, false)));
        Negotiation.Outcome chosen =
                negotiation.take(ByteBuffer.wrap(NbdClient.optionBytes(Nbd.OPT_GO, NbdClient.choice("disk"))));
        assertThat(chosen).isEqualTo(new Negotiation.Agreed(new Terms(DISK, true, true)));
    }

    @Test
    void choosingContextsAgainForgetsTheFormerOnesEvenIfItFails() {
        for (byte[] again : List.of(NbdClient.contexts("disk"), new byte[1], NbdClient.contexts("none", "base:"))) {
            Negotiation one = new Negotiation(List.of(DISK));
            one.take(ByteBuffer.wrap(NbdClient.concatenated(
                    NbdClient.clientFlags(3),
                    NbdClient.optionBytes(Nbd.OPT_STRUCTURED_REPLY, NOTHING),
                    NbdClient.optionBytes(Nbd.OPT_SET_META_CONTEXT, NbdClient.contexts("disk", "base:allocation")),
                    NbdClient.optionBytes(Nbd.OPT_SET_META_CONTEXT, again))));
            assertThat(one.take(ByteBuffer.wrap(NbdClient.optionBytes(Nbd.OPT_GO, NbdClient.choice("disk")))))
                    .isEqualTo(new Negotiation.Agreed(new Terms(DISK, true, false)));
        }
    }

    @Test
    void malformedDataIsInvalidAndTooMuchIsTooBig() {
        begin();
        sayOption(Nbd.OPT_STRUCTURED_REPLY, NOTHING);
        byte[] good = NbdClient.choice("disk", 1, 3);
        for (int cut = 0; cut < good.length; cut++) {
            assertThat(types(sayOption(Nbd.OPT_GO, Arrays.copyOf(good, cut))))
                    .as("%d bytes", cut)
                    .containsExactly(Nbd.REP_ERR_INVALID);
        }
        byte[] contexts = NbdClient.contexts("disk", "base:allocation");
        for (int length = 0; length <= contexts.length + 1; length++) {
            if (length != contexts.length) {
                assertThat(types(sayOption(Nbd.OPT_SET_META_CONTEXT, Arrays.copyOf(contexts, length))))
                        .as("%d bytes", length)
                        .containsExactly(Nbd.REP_ERR_INVALID);
            }
        }
        assertThat(types(sayOption(Nbd.OPT_GO, new byte[] {0, 0, 0, 1, (byte) 0xff, 0, 0})))
                .containsExactly(Nbd.REP_ERR_INVALID);
        assertThat(types(sayOption(Nbd.OPT_GO, NbdClient.choice("a\0b")))).containsExactly(Nbd.REP_ERR_INVALID);
        assertThat(types(sayOption(Nbd.OPT_GO, NbdClient.choice("x".repeat(4097)))))
                .containsExactly(Nbd.REP_ERR_TOO_BIG);
        assertThat(types(sayOption(Nbd.OPT_GO, NbdClient.choice("x".repeat(4096)))))
                .containsExactly(Nbd.REP_ERR_UNKNOWN);
        assertThat(types(sayOption(Nbd.OPT_LIST_META_CONTEXT, NbdClient.contexts("disk", many(257)))))
                .as("257 queries")
                .containsExactly(Nbd.REP_ERR_TOO_BIG);
    }

    private static String[] many(int count) {
        String[] queries = new String[count];
        Arrays.fill(queries, "x-a:");
        return queries;
    }

    @Test
    void anOptionThatIsTooLongIsSkippedAndRefused() {
        begin();
        byte[] much = new byte[Negotiation.OPTION_BYTES_MAX + 1];
        List<Said> said = say(
                NbdClient.optionBytes(Nbd.OPT_INFO, much), NbdClient.optionBytes(Nbd.OPT_STRUCTURED_REPLY, NOTHING));
        assertThat(types(said)).containsExactly(Nbd.REP_ERR_TOO_BIG, Nbd.REP_ACK);
        say(NbdClient.optionBytes(Nbd.OPT_EXPORT_NAME, much));
        assertThat(outcome).isInstanceOf(Negotiation.Over.class);
    }

    @Test
    void anOptionBeyondAllMeasureEndsIt() {
        begin();
        for (int length : new int[] {Negotiation.SKIPPED_BYTES_MAX + 1, -1}) {
            ByteBuffer header = ByteBuffer.allocate(16);
            header.putLong(Nbd.OPTION_MAGIC).putInt(Nbd.OPT_INFO).putInt(length);
            say(header.array());
            assertThat(outcome).isInstanceOf(Negotiation.Over.class);
        }
    }

    @Test
    void aNameThatIsTooLongOrNoTextEndsExportName() {
        begin();
        sayOption(Nbd.OPT_EXPORT_NAME, new byte[4097]);
        assertThat(outcome).isInstanceOf(Negotiation.Over.class);
        sayOption(Nbd.OPT_EXPORT_NAME, new byte[] {(byte) 0xc3});
        assertThat(outcome).isInstanceOf(Negotiation.Over.class);
    }

    @Test
    void exportsHaveProperNames() {
        assertThatThrownBy(() -> new Export("x".repeat(4097), DISK.volume(), false))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Export("a\0", DISK.volume(), false)).isInstanceOf(IllegalArgumentException.class);
    }
}
