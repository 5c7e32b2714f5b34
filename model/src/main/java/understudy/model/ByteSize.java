package understudy.model;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A number of bytes, with the binary units that people write: `512M`, `1G`, `4096`.
///
/// @param bytes 0 or more
public record ByteSize(long bytes) implements Comparable<ByteSize> {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,15})\\s*([KMGT]?)(i?B?)", Pattern.CASE_INSENSITIVE);
    private static final String UNITS = "KMGT";

    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size of " + bytes + " bytes");
        }
    }

    public static ByteSize ofMebibytes(long mebibytes) {
        return new ByteSize(Math.multiplyExact(mebibytes, 1L << 20));
    }

    /// @param text digits and a unit of K, M, G or T (powers of 1024), or none for bytes
    /// @throws IllegalArgumentException with a text for people, if it is not of that form or too large
    public static ByteSize parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("size '" + text + "': write for example 512M or 2G");
        }
        String unit = matcher.group(2).toUpperCase(Locale.ROOT);
        int shift = unit.isEmpty() ? 0 : 10 * (UNITS.indexOf(unit) + 1);
        long number = Long.parseLong(matcher.group(1));
        if (number > Long.MAX_VALUE >> shift) {
            throw new IllegalArgumentException("size '" + text + "' is too large");
        }
        return new ByteSize(number << shift);
    }

    /// Whole mebibytes, rounded down.
    public long mebibytes() {
        return bytes >> 20;
    }

    @Override
    public int compareTo(ByteSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /// The largest unit that divides it: `512M`, `1G`, `1000`.
    @Override
    public String toString() {
        for (int unit = UNITS.length(); unit > 0; unit--) {
            long size = 1L << (10 * unit);
            if (bytes >= size && bytes % size == 0) {
                return bytes / size + UNITS.substring(unit - 1, unit);
            }
        }
        return Long.toString(bytes);
    }
}
