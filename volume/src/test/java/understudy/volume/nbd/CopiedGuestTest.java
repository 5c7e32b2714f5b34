package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.volume.epoch.DiskEpochs;
import understudy.volume.epoch.KeptWrites;
import understudy.volume.epoch.Sealed;
import understudy.volume.nbd.MemoryVolume.Call;
import understudy.volume.nbd.MemoryVolume.Fate;
import understudy.volume.nbd.MemoryVolume.Kind;
import understudy.volume.nbd.NbdClient.Reply;

/// A guest's way through the server of blocks to disks that are copied, drained and taken over, on one connection
/// that was there before the volumes were.
@Timeout(60)
class CopiedGuestTest {
    private static final long SIZE = 64 << 20;
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final MemoryVolume volume = new MemoryVolume(SIZE);
    private long cookies;

    /// An owner that hears nothing.
    private static final class Deaf implements DiskEpochs.Listener {
        @Override
        public void settled() {}

        @Override
        public void applied(long segment) {}

        @Override
        public void durable(long epoch) {}

        @Override
        public void pressure() {}

        @Override
        public void failed(String reason) {}
    }

    private NbdServer serve(String name, DiskEpochs disks) throws IOException {
        Export export = new Export("disk", disks.disk(0), false);
        return NbdServer.listen(folder.resolve(name), List.of(export), NbdLimits.DEFAULT);
    }

    private void write(NbdClient client, long offset, byte[] data) throws IOException {
        client.write(0, ++cookies, offset, data);
        assertThat(client.readReply().error()).isZero();
    }

    private void flush(NbdClient client) throws IOException {
        client.request(0, Nbd.CMD_FLUSH, ++cookies, 0, 0);
        assertThat(client.readReply().error()).isZero();
    }

    private byte[] read(NbdClient client, long offset, int length) throws IOException {
        client.read(++cookies, offset, length);
        Reply reply = client.readReply();
        assertThat(reply.error()).isZero();
        return reply.data();
    }

    private static byte[] noise(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aGuestSeesItsDisksWhateverBecomesOfItsHost() throws IOException {
        byte[] twin = new byte[8 * MIB];
        KeptWrites kept = new KeptWrites(List.of(SIZE));
        try (DiskEpochs disks = new DiskEpochs("web-1", List.of(SIZE));
                NbdServer _ = serve("active", disks);
                NbdClient client = NbdClient.ready(folder.resolve("active"), "disk", true)) {
            client.read(++cookies, 0, 512);
            assertThat(client.readReply().error()).isEqualTo(Nbd.EIO);
            disks.serve(List.of(volume));
            write(client, 4095, change(twin, 4095, 5 * MIB, 1));
            disks.begin(new Deaf());
            volume.calls().clear();
            write(client, MIB + 7, change(twin, MIB + 7, 2 * MIB + 1, 2));
            flush(client);
            assertThat(volume.calls()).extracting(Call::kind).doesNotContain(Kind.WRITE, Kind.FLUSH);
            assertThat(read(client, 0, twin.length)).isEqualTo(twin);
            readLate(client, twin);
            Sealed sealed = disks.seal(2);
            byte[] body = new byte[(int) sealed.bytes()];
            sealed.writeTo(MemorySegment.ofArray(body));
            kept.keep(kept.decode(MemorySegment.ofArray(body)));
            write(client, 100, noise(3, 4096)); // nobody will ever know
        }
        try (DiskEpochs disks = new DiskEpochs("web-1", List.of(SIZE));
                NbdServer _ = serve("standby", disks);
                NbdClient client = NbdClient.ready(folder.resolve("standby"), "disk", true)) {
            CountDownLatch drained = new CountDownLatch(1);
            disks.takeOver(List.of(volume), kept.take(), drained::countDown);
            assertThat(read(client, 0, twin.length)).isEqualTo(twin);
            write(client, 512, change(twin, 512, 4096, 4));
            assertThat(disks.isDirect()).as("a write waits for that").isTrue();
            await().until(() -> drained.getCount() == 0);
            assertThat(read(client, 0, twin.length)).isEqualTo(twin);
            assertThat(volume.content(0, twin.length)).isEqualTo(twin);
            assertThat(volume.isDurable(MIB, 2 * MIB)).isTrue();
        }
        assertThat(volume.openLanes()).isZero();
    }

    private static byte[] change(byte[] twin, int offset, int length, long seed) {
        byte[] data = noise(seed, length);
        System.arraycopy(data, 0, twin, offset, length);
        return data;
    }

    /// While the volume answers later, from another thread.
    private void readLate(NbdClient client, byte[] twin) throws IOException {
        volume.fates(call -> call.kind() == Kind.READ ? Fate.HELD : Fate.AT_ONCE);
        client.read(++cookies, 1000, 7 * MIB);
        CountDownLatch read = new CountDownLatch(1);
        Thread _ = Thread.ofPlatform()
                .daemon()
                .start(() -> await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> {
                            volume.answerHeld();
                            return read.getCount() == 0;
                        }));
        Reply reply = client.readReply();
        read.countDown();
        volume.fates(_ -> Fate.AT_ONCE);
        assertThat(reply.data()).isEqualTo(Arrays.copyOfRange(twin, 1000, 1000 + 7 * MIB));
    }
}
