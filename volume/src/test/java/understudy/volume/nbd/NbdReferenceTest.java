package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import understudy.volume.Geometry;

/// Whether the reference says what the code does.
class NbdReferenceTest {
    private static final Path REFERENCE = Path.of("../docs/reference/nbd.md");
    private static final Pattern NAME = Pattern.compile("`NBD_((?:OPT|CMD|CMD_FLAG|REP_ERR|INFO|FLAG)_(?!C_)[A-Z_]+)`");
    private static final Pattern ERROR = Pattern.compile("(?m)^\\| `(E[A-Z]+)` \\|");

    /// Named because they are not supported.
    private static final Set<String> OTHERS =
            Set.of("OPT_PEEK_EXPORT", "OPT_EXTENDED_HEADERS", "FLAG_ROTATIONAL", "FLAG_SEND_RESIZE");

    private static Set<String> constants(String prefixes) {
        return Arrays.stream(Nbd.class.getDeclaredFields())
                .map(Field::getName)
                .filter(name -> name.matches(prefixes))
                .collect(Collectors.toSet());
    }

    private static Set<String> named(Pattern pattern) throws IOException {
        return pattern.matcher(Files.readString(REFERENCE))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
    }

    @Test
    void everyOptionCommandFlagAndErrorOfTheCodeIsThereAndNoOther() throws IOException {
        Set<String> named = named(NAME);
        assertThat(named).containsAll(OTHERS);
        named.removeAll(OTHERS);
        assertThat(named)
                .containsExactlyInAnyOrderElementsOf(constants("(OPT_(?!ION)|CMD_|REP_ERR_|INFO_|FLAG_)[A-Z_]+"));
        assertThat(named(ERROR)).containsExactlyInAnyOrderElementsOf(constants("E[A-Z]+"));
    }

    @Test
    void boundsAreThoseOfTheCode() throws IOException {
        assertThat(Files.readString(REFERENCE))
                .contains("connections of a server | " + NbdLimits.DEFAULT.connections() + " |")
                .contains("handshake | " + NbdLimits.DEFAULT.handshake().toSeconds() + " s |")
                .contains("is closed | " + NbdLimits.DEFAULT.farewell().toSeconds() + " s |")
                .contains("option | " + (Negotiation.OPTION_BYTES_MAX >> 10) + " KiB | `NBD_REP_ERR_TOO_BIG`; above "
                        + (Negotiation.SKIPPED_BYTES_MAX >> 20) + " MiB")
                .contains("under way | " + RequestTable.SLOTS + " |")
                .contains("than the connection's | " + (Outbox.BUDGET_BYTES >> 20) + " MiB |")
                .contains("disks that hang | " + Session.LOSSES_MAX + " |")
                .contains("for up to " + Session.FAREWELL.toSeconds() + " s")
                .contains("up to " + Replies.PIECES_MAX + " descriptors")
                .contains("above " + Nbd.STRING_BYTES_MAX + " bytes, more than " + OptionData.QUERIES_MAX + " queries")
                .contains("preferred " + Nbd.BLOCK_BYTES_PREFERRED + ", maximum " + Geometry.REQUEST_BYTES_MAX);
    }
}
