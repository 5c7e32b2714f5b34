package understudy.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import understudy.model.MacAddress;

class GuestAddressesTest {
    private static final MacAddress MAC = new MacAddress("52:54:00:11:22:33");
    private static final int ADDRESS = 0x0a4d000a;

    private final GuestAddresses addresses = new GuestAddresses(MAC);
    private final MemorySegment frame = Arena.ofAuto().allocate(Announcement.FRAME_BYTES);

    @Test
    void anArpAnnouncementIsAsTheStandardSays() {
        Announcement.arp(MAC, ADDRESS, frame);
        assertThat(hex())
                .isEqualTo("ffffffffffff" + "525400112233" + "0806" + "0001080006040001" + "525400112233" + "0a4d000a"
                        + "000000000000" + "0a4d000a" + "00".repeat(18));
    }

    @Test
    void aRarpRequestIsAsTheStandardSays() {
        Announcement.rarp(MAC, frame);
        assertThat(hex())
                .isEqualTo("ffffffffffff" + "525400112233" + "8035" + "0001080006040003" + "525400112233" + "00000000"
                        + "525400112233" + "00000000" + "00".repeat(18));
    }

    @Test
    void theSenderOfTheGuestsArpIsLearnt() {
        learn(ADDRESS);
        assertThat(addresses.known()).containsExactly(ADDRESS);
    }

    @Test
    void theTableKeepsTheSixteenClaimedLast() {
        for (int i = 0; i < 20; i++) {
            learn(ADDRESS + i);
        }
        learn(ADDRESS + 10);
        assertThat(addresses.known()).hasSize(GuestAddresses.COUNT_MAX).doesNotContain(ADDRESS, ADDRESS + 3);
        assertThat(addresses.known().getLast()).isEqualTo(ADDRESS + 10);
    }

    @Test
    void otherMacsAndNobodysAddressesAreNotLearnt() {
        Announcement.arp(new MacAddress("52:54:00:11:22:34"), ADDRESS, frame);
        addresses.learn(frame, 0, Announcement.FRAME_BYTES);
        learn(0);
        learn(0x7f000001);
        learn(0xe0000001);
        Announcement.rarp(MAC, frame);
        addresses.learn(frame, 0, Announcement.FRAME_BYTES);
        assertThat(addresses.known()).isEmpty();
    }

    @Test
    void truncatedAndDamagedFramesAreHarmless() {
        for (int length = 0; length < 42; length++) {
            Announcement.arp(MAC, ADDRESS, frame);
            addresses.learn(frame.asSlice(0, length), 0, length);
        }
        assertThat(addresses.known()).isEmpty();
        for (long seed = 0; seed < 1_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Announcement.arp(MAC, ADDRESS, frame);
            frame.set(ValueLayout.JAVA_BYTE, random.nextInt(22), (byte) random.nextInt());
            addresses.learn(frame, 0, Announcement.FRAME_BYTES);
        }
        assertThat(addresses.known()).containsExactly(ADDRESS);
    }

    private void learn(int address) {
        Announcement.arp(MAC, address, frame);
        addresses.learn(frame, 0, Announcement.FRAME_BYTES);
    }

    private String hex() {
        return HexFormat.of().formatHex(frame.toArray(ValueLayout.JAVA_BYTE));
    }
}
