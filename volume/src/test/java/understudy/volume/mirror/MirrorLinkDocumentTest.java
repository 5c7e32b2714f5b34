package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MirrorLinkDocumentTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "reference", "mirror-link.md");

    @Test
    void theDocumentHasTheKindsOfFramesThatThereAre() throws Exception {
        String document = Files.readString(DOCUMENT);
        int kinds = 0;
        for (Field field : Frame.class.getDeclaredFields()) {
            if (field.getType() == byte.class
                    && field.getName().equals(field.getName().toUpperCase(java.util.Locale.ROOT))) {
                kinds++;
                assertThat(document).contains("| %d | `%s` |".formatted(field.getByte(null), field.getName()));
            }
        }
        assertThat(document.lines().filter(line -> line.matches("\\| \\d+ \\| `[A-Z_]+` \\|.*")))
                .hasSize(kinds);
    }

    @Test
    void theDocumentHasTheSizesAndMagicWordsThatThereAre() throws Exception {
        String document = Files.readString(DOCUMENT);
        assertThat(document)
                .contains("serving side, " + Hello.GREETING_BYTES + " bytes")
                .contains("replica's side, " + Hello.REPLY_BYTES + " bytes")
                .contains("A header of " + Frame.HEADER_BYTES + " bytes");
        ByteBuffer magic = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Frame.MAGIC)
                .flip();
        assertThat(StandardCharsets.US_ASCII.decode(magic).toString()).isEqualTo("USTM");
        ByteBuffer greeting = Hello.Reply.refusing("").encode();
        byte[] head = new byte[8];
        greeting.get(head);
        assertThat(new String(head, StandardCharsets.US_ASCII)).isEqualTo("UMIRROR1");
    }
}
