package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Changes to a network interface of the calling thread's namespace, by name (netdevice(7)).
final class Interface implements AutoCloseable {
    private static final int NAME_BYTES_MAX = 15;
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final long SIOCSIFHWADDR = 0x8924;
    private static final long SIOCGIFHWADDR = 0x8927;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCBRADDIF = 0x89A2;
    private static final long IFF_UP = 1;
    private static final long VALUE = Structs.offset(Structs.IFREQ, "value");

    private final String name;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment request = arena.allocate(Structs.IFREQ);
    private final int socket;

    Interface(String name) throws LinuxException {
        this.name = name;
        naming(request, name);
        socket = UnixSocket.socket(AF_INET, SOCK_DGRAM | Libc.O_CLOEXEC);
    }

    /// The name ends in 0 because the segment was allocated as zeros and the name is shorter than its field.
    private static void naming(MemorySegment request, String name) throws LinuxException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > NAME_BYTES_MAX) {
            throw new LinuxException(
                    "interface name '%s', which has not 1 to %d bytes".formatted(name, NAME_BYTES_MAX), Errno.EINVAL);
        }
        MemorySegment.copy(bytes, 0, request, JAVA_BYTE, Structs.offset(Structs.IFREQ, "name"), bytes.length);
    }

    /// One ioctl with this interface's `struct ifreq` of 40 bytes, which the kernel reads and writes during the
    /// call only.
    ///
    /// @return the first 8 bytes of the union afterwards
    long request(int fd, long number, long value, String what) throws LinuxException {
        request.set(JAVA_LONG, VALUE, value);
        if (Libc.ioctl(fd, number, request) < 0) {
            throw Native.failure(what);
        }
        return request.get(JAVA_LONG, VALUE);
    }

    /// Keeps the device from disturbing others. A bridge takes the lowest of its ports' addresses as its own,
    /// so a random one may change the host's address under its connections: `fe` as the first octet is never
    /// the lowest. And the host shall not speak IPv6 on it by itself.
    void quieten() throws IOException {
        long address = request(socket, SIOCGIFHWADDR, 0, "reading the address of " + name);
        // The family in the two low bytes (little-endian), then the six octets.
        long raised = (address & ~0xff0000L) | 0xfe0000L;
        request(socket, SIOCSIFHWADDR, raised, "setting the address of " + name);
        Path ipv6 = Path.of("/proc/sys/net/ipv6/conf", name, "disable_ipv6");
        if (Files.isWritable(ipv6)) {
            Files.writeString(ipv6, "1");
        }
    }

    void raise() throws LinuxException {
        // The flags are the two low bytes.
        long flags = request(socket, SIOCGIFFLAGS, 0, "reading the flags of " + name) & 0xffff;
        request(socket, SIOCSIFFLAGS, flags | IFF_UP, "setting up " + name);
    }

    void joinTo(String bridge) throws LinuxException {
        // An index is the four low bytes.
        long index = request(socket, SIOCGIFINDEX, 0, "looking up " + name) & 0xffff_ffffL;
        try (Interface other = new Interface(bridge)) {
            other.request(other.socket, SIOCBRADDIF, index, "making " + name + " a port of bridge " + bridge);
        }
    }

    @Override
    public void close() {
        Libc.close(socket);
        arena.close();
    }
}
