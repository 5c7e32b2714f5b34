package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

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

    @Test
    void aMarkThatLostWhatItSaidWithThePowerIsMadeAgain() throws IOException {
        VmId gone = new VmId(UUID.randomUUID());
        Path folder = folder(gone.toString());
        Files.createFile(folder.resolve("cluster"));
        ForgottenReplicas.mark(folder, CLUSTER);
        assertThat(ForgottenReplicas.remove(volumes, CLUSTER, _ -> false)).containsExactly(gone);
    }

    /// Old as it is, it is all that there is beside the active's.
    @Test
    void whatAReplacedHostHasIsKeptUntilTheNewHostHasAll() throws IOException {
        HostName here = new HostName("h2");
        HostName third = new HostName("h3");
        VmSpec spec = VolumePair.SPEC;
        AgentConfig config = TestDesk.config(here, volumes.resolve("data"));
        Path folder = Files.createDirectories(config.volumes().resolve(spec.id().toString()));
        Files.writeString(folder.resolve("disk0"), "data");
        ForgottenReplicas.mark(folder, config.cluster());
        ForgottenReplicas forgotten = new ForgottenReplicas(config, _ -> false);
        forgotten.look();
        look(forgotten, state(spec, here, true));
        assertThat(folder).as("of a host of the VM").isNotEmptyDirectory();
        look(forgotten, state(spec.moved(here, third), third, false));
        assertThat(folder).as("before the new host has all").isNotEmptyDirectory();
        look(new ForgottenReplicas(config, _ -> true), LedgerState.empty());
        assertThat(folder).as("in use").isNotEmptyDirectory();
        forgotten.learnt(state(spec.moved(here, third), third, true));
        forgotten.look();
        assertThat(folder).as("who used it may not have let go of it").isNotEmptyDirectory();
        forgotten.look();
        assertThat(folder).doesNotExist();
    }

    @Test
    void whatAReplacedHostHasOfAVmThatIsDeletedIsRemoved() throws IOException {
        HostName here = new HostName("h2");
        AgentConfig config = TestDesk.config(here, volumes.resolve("data"));
        Path folder = Files.createDirectories(
                config.volumes().resolve(VolumePair.SPEC.id().toString()));
        ForgottenReplicas.mark(folder, config.cluster());
        ForgottenReplicas forgotten = new ForgottenReplicas(config, _ -> false);
        HostName third = new HostName("h3");
        look(forgotten, state(VolumePair.SPEC.moved(here, third), third, false));
        assertThat(folder).isNotEmptyDirectory();
        look(forgotten, LedgerState.empty());
        assertThat(folder).doesNotExist();
    }

    private static void look(ForgottenReplicas forgotten, LedgerState state) {
        forgotten.learnt(state);
        forgotten.look();
        forgotten.look();
    }

    /// @param other has the disk in sync or not; h1 has
    private static LedgerState state(VmSpec spec, HostName other, boolean inSync) {
        List<VolumeView> volumes = spec.disks().stream()
                .map(disk -> new VolumeView(
                        disk.id(),
                        List.of(
                                new VolumeReplica(new HostName("h1"), new UUID(1, 1), true),
                                new VolumeReplica(other, new UUID(1, 2), inSync))))
                .toList();
        View view = new View(1, new Placement.Stopped(), volumes, new UUID(2, 2));
        return LedgerState.empty()
                .apply(new LedgerCommand.CreateVm(spec, true, view))
                .state();
    }
}
