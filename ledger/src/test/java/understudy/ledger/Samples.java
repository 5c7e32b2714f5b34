package understudy.ledger;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.MacAddress;
import understudy.model.Placement;
import understudy.model.Policy;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;

final class Samples {
    static final Replica H1 = new Replica(new HostName("h1"), new Life(UUID.randomUUID()));
    static final Replica H2 = new Replica(new HostName("h2"), new Life(UUID.randomUUID()));

    private Samples() {}

    static VmSpec spec(String name) {
        return new VmSpec(
                new VmId(UUID.randomUUID()),
                new VmName(name),
                Level.SYSTEM,
                Policy.BALANCED,
                ByteSize.ofMebibytes(512),
                1,
                "pc-q35-7.2",
                "qemu64",
                List.of(new MacAddress("52:54:00:12:34:56")),
                Optional.of(new VmSpec.Boot("ab".repeat(32), Optional.empty(), "console=ttyS0 quiet")),
                List.of(H1.host(), H2.host()));
    }

    /// With a blank disk and one from an image.
    static VmSpec diskSpec(String name) {
        VolumeSpec.Image image = new VolumeSpec.Image("cd".repeat(32), VolumeSpec.Image.Format.QCOW2);
        return spec(name)
                .withDisks(List.of(
                        new VolumeSpec(
                                new VolumeId(UUID.randomUUID()), "disk0", ByteSize.parse("1G"), Optional.empty()),
                        new VolumeSpec(
                                new VolumeId(UUID.randomUUID()), "disk1", ByteSize.parse("2G"), Optional.of(image))));
    }

    /// The first view of a VM with disks.
    static View diskView(VmSpec spec) {
        List<VolumeView> volumes = spec.disks().stream()
                .map(disk -> new VolumeView(
                        disk.id(),
                        List.of(
                                new VolumeReplica(H1.host(), UUID.randomUUID(), true),
                                new VolumeReplica(H2.host(), UUID.randomUUID(), false))))
                .toList();
        return new View(1, new Placement.Stopped(), volumes, UUID.randomUUID());
    }

    static HostRecord host(String name) {
        return new HostRecord(
                new HostName(name),
                HostRecord.Role.WITNESS,
                new Life(UUID.randomUUID()),
                "http://127.0.0.1:1",
                ByteSize.ofMebibytes(0),
                2,
                "",
                List.of(),
                List.of(),
                "",
                List.of("pvpanic"),
                Optional.of("north"));
    }

    static View view(long number, Placement placement) {
        return new View(number, placement, UUID.randomUUID());
    }
}
