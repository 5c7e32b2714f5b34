package understudy.network;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import understudy.model.MacAddress;

/// The IPv4 addresses that a guest claims, learnt from the ARP messages that it sends (RFC 826).
///
/// Rejected: learning from the source of IPv4 packets, too. A guest that routes sends packets of others, and
/// announcing their addresses would take their traffic away.
///
/// Bound: the 16 addresses claimed last; one more drops the oldest.
///
/// Threads: one at a time.
final class GuestAddresses {
    static final int COUNT_MAX = 16;

    private static final ValueLayout.OfShort SHORT = JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int TYPE_AT = 12;
    private static final int KINDS_AT = 14;
    private static final int SENDER_MAC_AT = 22;
    private static final int SENDER_ADDRESS_AT = 28;
    private static final int ARP_BYTES_MIN = 42;
    private static final short ARP = 0x0806;
    /// Ethernet (1), IPv4 (0x0800).
    private static final int ETHERNET_AND_IPV4 = 0x0001_0800;

    private final MemorySegment mac;
    private final LinkedHashSet<Integer> addresses = new LinkedHashSet<>();

    GuestAddresses(MacAddress mac) {
        this.mac = MemorySegment.ofArray(mac.octets());
    }

    /// Looks at a frame that the guest sent.
    void learn(MemorySegment buffer, long offset, int length) {
        if (length < ARP_BYTES_MIN || buffer.get(SHORT, offset + TYPE_AT) != ARP) {
            return;
        }
        boolean own = MemorySegment.mismatch(buffer, offset + SENDER_MAC_AT, offset + SENDER_MAC_AT + 6, mac, 0, 6) < 0;
        if (own && buffer.get(INT, offset + KINDS_AT) == ETHERNET_AND_IPV4) {
            add(buffer.get(INT, offset + SENDER_ADDRESS_AT));
        }
    }

    /// Takes over an address that was learnt elsewhere; 0, loopback, and group addresses are nobody's.
    ///
    /// @param address big-endian, as a number
    void add(int address) {
        int first = address >>> 24;
        if (first == 0 || first == 127 || first >= 224) {
            return;
        }
        addresses.remove(address);
        addresses.add(address);
        if (addresses.size() > COUNT_MAX) {
            addresses.removeFirst();
        }
    }

    /// Big-endian, as numbers; the one claimed last comes last.
    List<Integer> known() {
        return new ArrayList<>(addresses);
    }
}
