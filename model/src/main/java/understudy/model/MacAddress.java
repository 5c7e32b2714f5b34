package understudy.model;

import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/// A guest NIC's Ethernet address.
///
/// @param value six lower-case hexadecimal octets with colons; never a group address
public record MacAddress(String value) {
    private static final Pattern RULE = Pattern.compile("([0-9a-f]{2}:){5}[0-9a-f]{2}");

    public MacAddress {
        value = value.toLowerCase(Locale.ROOT);
        if (!RULE.matcher(value).matches()) {
            throw new IllegalArgumentException("MAC address '" + value + "': write for example 52:54:00:12:34:56");
        }
        if ((Integer.parseInt(value.substring(0, 2), 16) & 1) == 1) {
            throw new IllegalArgumentException(
                    "MAC address '" + value + "' is a group address; the first octet must be even");
        }
    }

    /// The six octets in network order; a fresh array.
    public byte[] octets() {
        return HexFormat.ofDelimiter(":").parseHex(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
