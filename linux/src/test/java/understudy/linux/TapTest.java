package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TapTest {
    private TestNamespace namespace;

    @BeforeEach
    void make() throws Exception {
        namespace = new TestNamespace();
        // Else the bridge itself may say something first: it joins the group of those that snoop.
        namespace.ip("link add br0 type bridge mcast_snooping 0");
        namespace.ip("link set br0 up");
    }

    @AfterEach
    void remove() throws Exception {
        namespace.close();
    }

    @Test
    void aFrameGoesOverTheBridgeFromOneTapToTheOther() throws Exception {
        try (Tap one = tap("t1");
                Tap other = tap("t2");
                Poll poll = new Poll(other.fd());
                Arena arena = Arena.ofConfined()) {
            MemorySegment frame = arena.allocate(60);
            frame.asSlice(0, 6).fill((byte) 0xff);
            frame.asSlice(6, 6).fill((byte) 0x02);
            frame.asSlice(12, 48).fill((byte) 0x7a);
            MemorySegment seen = arena.allocate(2048);
            assertThat(other.read(seen)).isZero();
            one.write(frame, 0, 60);
            poll.interest(0, true, false);
            assertThat(poll.await(Duration.ofSeconds(20).toNanos())).isTrue();
            assertThat(poll.isReadable(0)).isTrue();
            assertThat(other.read(seen)).isEqualTo(60);
            assertThat(seen.asSlice(0, 60).toArray(JAVA_BYTE)).isEqualTo(frame.toArray(JAVA_BYTE));
        }
    }

    @Test
    void itsAddressIsNeverTheBridgesLowest() throws Exception {
        try (Tap tap = tap("t1")) {
            assertThat(namespace.ip("-o link show " + tap.name())).contains("link/ether fe:");
        }
    }

    @Test
    void theHostDoesNotSpeakIpv6OnIt() throws Exception {
        try (Tap _ = tap("t1")) {
            assertThat(namespace.ip("-6 addr show dev t1")).isEmpty();
            assertThat(namespace.ip("-6 addr show dev br0")).contains("inet6 fe80:");
        }
    }

    @Test
    void itGoesAwayWhenItIsClosedAndItsNameIsFreeAgain() throws Exception {
        tap("t1").close();
        tap("t1").close();
    }

    @Test
    void whatCannotBeMadeIsAClearError() throws Exception {
        try (Tap _ = tap("t1")) {
            assertThatThrownBy(() -> tap("t1"))
                    .hasMessageContaining("making of TAP device t1")
                    .hasMessageContaining("(EBUSY)");
        }
        assertThatThrownBy(() -> NetworkNamespace.inside(namespace.file(), () -> Tap.create("t1", "nobridge")))
                .hasMessageContaining("making t1 a port of bridge nobridge")
                .hasMessageContaining("(ENODEV)");
        assertThatThrownBy(() -> Tap.create("a-name-that-is-too-long")).hasMessageContaining("1 to 15 bytes");
    }

    @Test
    void workInsideANamespaceHandsItsFailuresBack() {
        assertThatThrownBy(() -> NetworkNamespace.inside(namespace.file(), () -> {
                    throw new IOException("mine");
                }))
                .hasMessage("mine");
        assertThatThrownBy(() -> NetworkNamespace.inside(namespace.file().resolveSibling("no-such"), () -> 1))
                .hasMessageContaining("(ENOENT)");
    }

    private Tap tap(String name) throws IOException {
        return NetworkNamespace.inside(namespace.file(), () -> Tap.create(name, "br0"));
    }
}
