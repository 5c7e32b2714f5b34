package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.VmId;

class ForgottenReplicasTest {
    private static final UUID CLUSTER = UUID.randomUUID();

    @TempDir
    Path volumes;

    private Path folder(String name) throws IOException {
        Path folder = Files.createDirectories(volumes.resolve(name));
        Files.writeString(folder.resolve("disk0"), "data");
        Files.writeString(folder.resolve("disk0.meta"), "metadata");
        return folder;
    }

    @Test
    void onlyReplicasOfThisClusterWhoseVmIsGoneAreRemoved() throws IOException {
        VmId gone = new VmId(UUID.randomUUID());
        VmId there = new VmId(UUID.randomUUID());
        Path ofGone = folder(gone.toString());
        ForgottenReplicas.mark(ofGone, CLUSTER);
        Path ofThere = folder(there.toString());
        ForgottenReplicas.mark(ofThere, CLUSTER);
        Path foreign = folder(UUID.randomUUID().toString());
        ForgottenReplicas.mark(foreign, UUID.randomUUID());
        Path unmarked = folder(UUID.randomUUID().toString());
        Path other = folder("lost+found");
        ForgottenReplicas.mark(other, CLUSTER);

        assertThat(ForgottenReplicas.remove(volumes, CLUSTER, there::equals)).containsExactly(gone);

        assertThat(ofGone).doesNotExist();
        for (Path kept : new Path[] {ofThere, foreign, unmarked, other}) {
            assertThat(kept.resolve("disk0.meta")).hasContent("metadata");
        }
        assertThat(ForgottenReplicas.remove(volumes.resolve("none"), CLUSTER, _ -> false))
                .isEmpty();
    }
}
