package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.linux.StreamListener;
import understudy.linux.UnixSocket;
import understudy.qemu.InstanceDirectory;
import understudy.volume.nbd.NbdSocket;

class EarlyDisksTest {
    @TempDir
    Path run;

    private InstanceDirectory instance(String name) throws IOException {
        return new InstanceDirectory(
                Files.createDirectories(QemuHost.instances(run).resolve("vm-1").resolve(name)));
    }

    /// As an agent that was killed leaves it.
    private static void leaveSocket(InstanceDirectory directory) throws IOException {
        try (StreamListener _ = StreamListener.listen(directory.disks(), 1)) {
            assertThat(directory.disks()).exists();
        }
    }

    @Test
    void whoDialsIsLetInBeforeAnybodyAnswers() throws IOException {
        InstanceDirectory guest = instance("a");
        leaveSocket(guest);
        EarlyDisks early = EarlyDisks.listen(QemuHost.instances(run));
        try (UnixSocket _ = UnixSocket.connect(guest.disks())) {
            assertThat(early.take(guest)).hasValueSatisfying(NbdSocket::close);
        }
        assertThat(guest.disks()).doesNotExist();
        assertThat(early.take(guest)).as("once").isEmpty();
    }

    @Test
    void aGuestWithoutDisksHasNoSocket() throws IOException {
        InstanceDirectory guest = instance("a");
        assertThat(EarlyDisks.listen(QemuHost.instances(run)).take(guest)).isEmpty();
        assertThat(guest.disks()).doesNotExist();
    }

    @Test
    void whatIsNoSocketIsLeftAlone() throws IOException {
        InstanceDirectory guest = instance("a");
        Files.writeString(guest.disks(), "a file");
        assertThat(EarlyDisks.listen(QemuHost.instances(run)).take(guest)).isEmpty();
        assertThat(guest.disks()).hasContent("a file");
    }

    @Test
    void aHostThatNeverHadAGuestHasNone() throws IOException {
        assertThat(EarlyDisks.listen(QemuHost.instances(run.resolve("none"))).take(instance("a")))
                .isEmpty();
    }
}
