package understudy.network;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import understudy.model.MacAddress;

/// The frames that tell a network where a guest now is. Switches learn from the source address of any frame;
/// hosts that know the guest's IPv4 address have it confirmed.
///
/// - a RARP request (RFC 903) about the guest's own MAC address, as QEMU's and other hypervisors'
///   announcements: it needs no IP address, and nobody answers it;
/// - for each IPv4 address that the guest is known to claim, an ARP announcement (RFC 5227 section 3): a request
///   whose sender and target are that address.
final class Announcement {
    /// After the first, the others follow at these distances from it: a switch may be slow to enable a port, and
    /// any one frame may be lost.
    static final List<Duration> REPETITIONS = List.of(
            Duration.ofMillis(50),
            Duration.ofMillis(150),
            Duration.ofMillis(350),
            Duration.ofMillis(750),
            Duration.ofMillis(1_550));

    /// The least that Ethernet carries, without the check sequence.
    static final int FRAME_BYTES = 60;

    private static final short ARP = 0x0806;
    private static final short RARP = (short) 0x8035;
    private static final short ARP_REQUEST = 1;
    private static final short RARP_REQUEST = 3;

    private Announcement() {}

    /// Writes the RARP request into the first 60 bytes of `into`.
    static void rarp(MacAddress mac, MemorySegment into) {
        ByteBuffer frame = begun(mac, RARP, RARP_REQUEST, into);
        frame.put(mac.octets()).putInt(0).put(mac.octets());
    }

    /// Writes the ARP announcement into the first 60 bytes of `into`.
    ///
    /// @param address big-endian, as a number
    static void arp(MacAddress mac, int address, MemorySegment into) {
        ByteBuffer frame = begun(mac, ARP, ARP_REQUEST, into);
        frame.put(mac.octets()).putInt(address).put(new byte[6]).putInt(address);
    }

    /// To everybody, about Ethernet (1) and IPv4 (0x0800), whose addresses have 6 and 4 bytes; zeros behind it.
    private static ByteBuffer begun(MacAddress mac, short type, short operation, MemorySegment into) {
        MemorySegment whole = into.asSlice(0, FRAME_BYTES).fill((byte) 0);
        ByteBuffer frame = whole.asByteBuffer().order(ByteOrder.BIG_ENDIAN);
        frame.putInt(-1).putShort((short) -1).put(mac.octets()).putShort(type);
        return frame.putShort((short) 1)
                .putShort((short) 0x0800)
                .put((byte) 6)
                .put((byte) 4)
                .putShort(operation);
    }
}
