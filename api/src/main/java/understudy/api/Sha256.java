package understudy.api;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// The names of uploaded files: SHA-256 of their content as 64 lower-case hexadecimal digits.
public final class Sha256 {
    private static final Pattern RULE = Pattern.compile("[0-9a-f]{64}");
    private static final int BUFFER_BYTES = 1 << 16;

    private Sha256() {}

    public static boolean isName(String text) {
        return RULE.matcher(text).matches();
    }

    /// @return `text` itself
    /// @throws IllegalArgumentException with a text for people, if it is not such a name
    public static String checked(String text) {
        if (!isName(text)) {
            throw new IllegalArgumentException("'" + text
                    + "' does not name an uploaded file: give its SHA-256 as 64 lower-case hexadecimal digits");
        }
        return text;
    }

    /// Reads the whole file.
    public static String of(Path file) throws IOException {
        MessageDigest digest = digest();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream content = Files.newInputStream(file)) {
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
