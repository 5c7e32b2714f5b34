package understudy.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.linux.Tap;

class PortTest {
    private static final long LATER = System.nanoTime() + Duration.ofHours(1).toNanos();

    @TempDir
    Path directory;

    private final Heard heard = new Heard();
    private Wire wire;
    private Port port;

    @BeforeEach
    void connect() throws IOException {
        wire = new Wire(directory, 1 << 20, heard);
        port = wire.port();
    }

    @AfterEach
    void close() throws IOException {
        wire.close();
        port.close();
    }

    @Test
    void anOpenPortCarriesFramesBothWays() throws IOException {
        port.open();
        for (long number = 0; number < 200; number++) {
            wire.guestSends(0, number);
            wire.farSends(number);
            assertThat(wire.numbersLeft(1)).containsExactly(number);
            assertThat(wire.guestReceives()).isEqualTo(number);
        }
        assertThat(port.counters().framesOut()).isEqualTo(200);
        assertThat(port.counters().framesIn()).isGreaterThanOrEqualTo(200);
    }

    @Test
    void anOpenPortHoldsWhatMayNotLeaveUntilItMay() throws IOException {
        port.open();
        wire.guestSends(0, 1);
        assertThat(wire.numbersLeft(1)).containsExactly(1L);
        heard.mayLeave = false;
        wire.guestSends(0, 2);
        wire.guestSends(0, 3);
        await().until(() -> port.counters().framesHeld() == 2);
        port.retry();
        assertThat(wire.nothingLeft()).isTrue();
        heard.mayLeave = true;
        port.retry();
        wire.guestSends(0, 4);
        assertThat(wire.numbersLeft(3)).containsExactly(2L, 3L, 4L);
    }

    @Test
    void aPortThatIsOpenedWhileNothingMayLeaveLetsNothingOut() throws IOException {
        heard.mayLeave = false;
        port.open();
        wire.guestSends(0, 1);
        await().until(() -> port.counters().framesHeld() == 1);
        port.open();
        assertThat(wire.nothingLeft()).isTrue();
        port.shut();
        heard.mayLeave = true;
        port.open();
        assertThat(wire.nothingLeft()).as("what was held is gone").isTrue();
    }

    @Test
    void aGatedFrameWaitsForTheReleaseOfItsEpoch() throws Exception {
        port.gate(5);
        wire.guestSends(5, 1);
        assertThat(heard.next()).isEqualTo("waiting");
        assertThat(port.isOutputWaiting()).isTrue();
        port.seal();
        assertThat(port.isOutputWaiting()).isFalse();
        wire.guestSends(6, 2);
        assertThat(heard.next()).isEqualTo("waiting");
        port.seal();
        assertThat(wire.nothingLeft()).isTrue();
        port.release(5, LATER);
        assertThat(wire.numbersLeft(1)).containsExactly(1L);
        assertThat(wire.nothingLeft()).isTrue();
        port.release(6, LATER);
        assertThat(wire.numbersLeft(1)).containsExactly(2L);
    }

    @Test
    void aReleaseThatComesTooLateLetsNothingOutAndTheNextOneDoes() throws Exception {
        port.gate(1);
        wire.guestSends(1, 1);
        port.seal();
        port.release(1, System.nanoTime());
        assertThat(wire.nothingLeft()).isTrue();
        wire.guestSends(2, 2);
        port.seal();
        port.release(2, LATER);
        assertThat(wire.numbersLeft(2)).containsExactly(1L, 2L);
    }

    @Test
    void aSealTakesInWhatIsInTheSocket() throws IOException {
        port.gate(1);
        for (int number = 0; number < 50; number++) {
            wire.guestSends(1, number);
        }
        port.seal();
        port.release(1, LATER);
        assertThat(wire.numbersLeft(50)).isSorted().hasSize(50);
        assertThat(heard.isEmpty() || !port.isOutputWaiting()).isTrue();
    }

    @Test
    void inputEntersAGatedPort() throws IOException {
        port.gate(1);
        wire.farSends(7);
        assertThat(wire.guestReceives()).isEqualTo(7);
    }

    @Test
    void theRunningEpochCannotBeReleased() throws Exception {
        port.gate(3);
        wire.guestSends(3, 1);
        assertThat(heard.next()).isEqualTo("waiting");
        assertThatThrownBy(() -> port.release(3, LATER)).hasMessage("releasing epoch 3 while epoch 3 runs");
        assertThat(wire.nothingLeft()).isTrue();
        assertThatThrownBy(() -> port.gate(2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void openingLetsAllThatIsHeldLeaveInOrder() throws Exception {
        port.gate(1);
        wire.guestSends(1, 1);
        port.seal();
        wire.guestSends(2, 2);
        port.seal();
        port.open();
        wire.guestSends(0, 3);
        assertThat(wire.numbersLeft(3)).containsExactly(1L, 2L, 3L);
    }

    @Test
    void aShutPortDropsBothWaysAndWhatWasHeld() throws Exception {
        port.gate(1);
        wire.guestSends(1, 1);
        port.seal();
        port.shut();
        wire.guestSends(0, 2);
        wire.farSends(100);
        port.open();
        wire.guestSends(0, 3);
        wire.farSends(200);
        assertThat(port.counters().framesDropped()).isGreaterThanOrEqualTo(3);
        assertThat(wire.numbersLeft(1)).containsExactly(3L);
        assertThat(wire.guestReceives()).isEqualTo(200);
        assertThatThrownBy(port::seal).isInstanceOf(IllegalStateException.class).hasMessageContaining("OPEN");
    }

    @Test
    void whatAGuestMadeWhileShutDoesNotLeaveLater() throws IOException {
        for (int round = 0; round < 50; round++) {
            wire.guestSends(0, 1);
            port.open();
            port.shut();
        }
        assertThat(wire.nothingLeft()).isTrue();
    }

    @Test
    void aFullGateStopsReadingAndGoesOnAfterARelease() throws Exception {
        int frames = 20_000; // twice what the gate and the socket hold together
        port.gate(1);
        Thread guest = Thread.ofPlatform().start(() -> {
            try {
                for (int number = 0; number < frames; number++) {
                    wire.guestSends(0, number);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(heard.next()).isEqualTo("waiting");
        assertThat(heard.next()).isEqualTo("full");
        assertThat(guest.isAlive()).isTrue();
        long epoch = 1;
        while (port.counters().framesOut() < frames) {
            port.seal();
            port.release(epoch, LATER);
            epoch++;
        }
        guest.join();
        assertThat(port.counters().framesHeld()).isEqualTo(frames);
    }

    @Test
    void aGuestThatClosesIsReportedAndWhatIsHeldMayStillLeave() throws Exception {
        port.gate(1);
        wire.guestSends(1, 1);
        assertThat(heard.next()).isEqualTo("waiting");
        port.seal();
        wire.guest().close();
        // Reset, where the kernel's own frames to the guest had not been read.
        assertThat(heard.next()).startsWith("gone: ");
        port.release(1, LATER);
        assertThat(wire.numbersLeft(1)).containsExactly(1L);
    }

    @Test
    void aLengthThatNoFrameHasEndsTheConnection() throws Exception {
        port.open();
        wire.write(ByteBuffer.allocate(4).putInt(1 << 20).flip());
        assertThat(heard.next()).startsWith("gone: the guest's network stream announces a frame of 1048576 bytes");
    }

    @Test
    void framesTooShortForEthernetAreDropped() throws IOException {
        port.open();
        long before = port.counters().framesDropped(); // whatever the kernel sent while the port was shut
        wire.guestSends(new byte[13]);
        wire.guestSends(new byte[0]);
        wire.guestSends(0, 4);
        assertThat(wire.numbersLeft(1)).containsExactly(4L);
        assertThat(port.counters().framesDropped() - before).isEqualTo(2);
    }

    @Test
    void anUplinkThatRefusesFramesIsReportedOnce() throws Exception {
        port.open();
        long before = port.counters().framesDropped();
        wire.namespace().ip("link set tap0 down");
        wire.guestSends(0, 1);
        assertThat(heard.next()).startsWith("failed: write to TAP device tap0").contains("(EIO)");
        wire.guestSends(0, 2);
        await().until(() -> port.counters().framesDropped() - before == 2);
        assertThat(heard.isEmpty()).isTrue();
        wire.namespace().ip("link set tap0 up");
        await().until(() -> {
            wire.guestSends(0, 3);
            return !wire.nothingLeft();
        });
    }

    @Test
    void aGuestIsAnnouncedWithTheAddressesThatItClaimed() throws IOException {
        port.gate(1);
        byte[] arp = new byte[Announcement.FRAME_BYTES];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment frame = arena.allocate(arp.length);
            Announcement.arp(Wire.MAC, 0x0a4d000a, frame);
            MemorySegment.copy(frame, ValueLayout.JAVA_BYTE, 0, arp, 0, arp.length);
        }
        wire.guestSends(arp);
        port.seal();
        port.release(1, LATER);
        assertThat(wire.left(Wire.ARP).array()).isEqualTo(arp);
        assertThat(port.addresses()).extracting(Inet4Address::getHostAddress).containsExactly("10.77.0.10");
        port.learn(List.of((Inet4Address) InetAddress.ofLiteral("10.77.0.11")));
        port.announce();
        assertThat(wire.left(Wire.RARP).getInt(8)).isEqualTo(0x00112233);
        assertThat(wire.left(Wire.ARP).array()).isEqualTo(arp);
        assertThat(wire.left(Wire.ARP).getInt(38)).isEqualTo(0x0a4d000b);
        assertThat(wire.left(Wire.RARP).getInt(8)).as("the first repetition").isEqualTo(0x00112233);
    }

    @Test
    void repetitionsOfAnAnnouncementThatAreOverdueAreLeftOut() throws IOException {
        try (Tap tap = wire.tap("tap1")) {
            Counters counters = new Counters();
            Uplink uplink = new Uplink(tap, Wire.MAC, counters);
            uplink.announce(0);
            assertThat(uplink.repeat(0)).isEqualTo(Duration.ofMillis(50).toNanos());
            assertThat(uplink.repeat(Duration.ofMillis(60).toNanos()))
                    .isEqualTo(Duration.ofMillis(90).toNanos());
            assertThat(counters.framesOut()).isEqualTo(2);
            assertThat(uplink.repeat(Duration.ofMillis(400).toNanos())).isNegative();
            assertThat(counters.framesOut()).isEqualTo(2);
        }
    }

    @Test
    void aShutPortDoesNotAnnounce() {
        assertThatThrownBy(port::announce).isInstanceOf(IllegalStateException.class);
        port.close();
        port.announce();
        port.release(1, LATER);
    }
}
