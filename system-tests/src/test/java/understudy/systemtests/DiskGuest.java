package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionTimeoutException;
import tools.jackson.databind.JsonNode;
import understudy.api.Json;
import understudy.api.VmState;
import understudy.api.VolumeState;
import understudy.api.VolumeStatus;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Problem;

/// A guest that works on its two disks: on the first fio writes, reads back and compares
/// without end, at a depth of 16, past the page cache, and not faster than leaves an emulated CPU time for more; on the
/// second there is a file system.
///
/// `-Dunderstudy.disks.active=h2` has the hosts exchange their roles, and `-Dunderstudy.disks.rounds=10` has each
/// test of [DiskFaultTest] and [DiskLifeTest] do its fault so often.
final class DiskGuest {
    static final ByteSize MEMORY = ByteSize.ofMebibytes(384);
    static final List<ByteSize> SIZES = List.of(ByteSize.ofMebibytes(256), ByteSize.ofMebibytes(192));
    static final String FILES_DISK = "disk1";
    static final String ACTIVE = System.getProperty("understudy.disks.active", "h1");
    static final int ROUNDS = Integer.getInteger("understudy.disks.rounds", 1);
    private static final Duration NOTICE = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FIO_MIB = 16;
    /// What fio has done when it is said to have gone on.
    private static final int REQUESTS = 100;

    private static final String FIO = String.join(
            " ",
            "/usr/bin/fio --name=verify --filename=/dev/vda --size=" + FIO_MIB + "m --rw=randwrite --bs=4k",
            "--direct=1 --ioengine=libaio --iodepth=16 --rate_iops=150 --verify=crc32c --verify_fatal=1 --verify_backlog=64",
            "--do_verify=1 --verify_state_save=0 --fsync=32 --time_based --runtime=36000",
            "--output-format=json --output=/tmp/fio.json");

    /// What the guest's disk is asked for and has not answered, and where each thread of fio is.
    private static final String WHAT_WAITS = String.join(
            "; ",
            "for f in stat inflight; do echo $f $(cat /sys/block/vda/$f); done",
            "for t in /proc/[0-9]*/task/*; do grep -q '^Name:.fio' $t/status 2>/dev/null || continue",
            "echo $t $(grep State $t/status) $(cat $t/wchan) $(cat $t/syscall); cat $t/stack 2>/dev/null || true; done",
            "dmesg | tail -n 5");

    /// Writes a folder of new files, deletes the one before the last, and reads all that there is from the disk.
    private static final String FILES_SCRIPT = """
            cat >/bin/files <<'END'
            #!/bin/sh
            # files ROUND: all that was written in earlier rounds is there, and so is what is written now
            set -e
            mount -t ext4 /dev/vdb /mnt
            cd /mnt
            for sums in */sums; do [ ! -e $sums ] || (cd ${sums%/sums} && md5sum -c -s sums); done
            rm -rf round-$(($1 - 2))
            mkdir round-$1
            cd round-$1
            dd if=/dev/urandom of=random bs=64k count=16 2>/dev/null
            cp /usr/bin/fio /sbin/e2fsck .
            mkdir many
            # Behind what fio uses, where nothing was written before: that needs room on the hosts.
            dd if=random of=/dev/vda bs=1M seek=$((FIO_MIB + $1)) oflag=direct 2>/dev/null
            for i in $(seq 20); do echo $1 $i >many/$i; done
            md5sum random fio e2fsck many/* >sums
            dd if=/dev/vda of=again bs=1M skip=$((FIO_MIB + $1)) count=1 iflag=direct 2>/dev/null
            cmp random again
            cd /
            umount /mnt
            echo 3 >/proc/sys/vm/drop_caches
            e2fsck -f -n /dev/vdb
            mount -t ext4 /dev/vdb /mnt
            for sums in /mnt/*/sums; do (cd ${sums%/sums} && md5sum -c -s sums); done
            umount /mnt
            END
            chmod 755 /bin/files""".replace("FIO_MIB", String.valueOf(FIO_MIB));

    private final Stage stage;
    private final Vm vm;
    private final Level level;
    private int round;

    DiskGuest(Stage stage, Vm vm, Level level) {
        this.stage = stage;
        this.vm = vm;
        this.level = level;
    }

    Vm vm() {
        return vm;
    }

    Level level() {
        return level;
    }

    /// Waits for the guest and sets it to work.
    void begin() {
        vm.await("to run", v -> v.state() == VmState.RUNNING);
        vm.shell("echo there");
        run("export PATH=$PATH:/sbin; mkdir -p /mnt; mkfs.ext4 -q -F /dev/vdb");
        run(FILES_SCRIPT);
        startFio();
    }

    void startFio() {
        run("rm -f /tmp/fio.*; { (" + FIO
                + " >/tmp/fio.out 2>&1 & echo $! >/tmp/fio.pid; wait $!; echo $? >/tmp/fio.status)"
                + " </dev/null >/dev/null 2>&1 & }");
        awaitRequests();
    }

    /// What a command prints in the guest, once it has succeeded.
    List<String> run(String command) {
        return vm.run(command);
    }

    /// Until fio has done so many requests more as shows that it goes on; and it has seen no error.
    void awaitRequests() {
        long goal = requests() + REQUESTS;
        eventually("fio to go on in the guest", () -> {
            assertThat(run("cat /tmp/fio.out; cat /tmp/fio.status 2>/dev/null || true"))
                    .as("what fio says")
                    .isEmpty();
            return requests() >= goal;
        });
    }

    private void eventually(String what, Callable<Boolean> condition) {
        try {
            Stage.eventually(what, PATIENCE, condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(e.getMessage() + "\n" + String.join("\n", run(WHAT_WAITS)), e);
        }
    }

    /// Reads and writes of the first disk that were answered.
    private long requests() {
        String[] words = run("cat /sys/block/vda/stat").getFirst().strip().split("\\s+", -1);
        return Long.parseLong(words[0]) + Long.parseLong(words[4]);
    }

    /// A round of work on the second disk's file system: all earlier files are right, new ones are, and it is sound.
    void useFiles() {
        run("files " + ++round);
    }

    /// Has the second disk hold so much that a copy of it takes a moment.
    void fillFiles() {
        run("mount -t ext4 /dev/vdb /mnt && cp -r /lib/x86_64-linux-gnu /mnt/ && umount /mnt");
    }

    /// Writes to the second disk in a second, not now: what becomes of its replicas is noticed by that.
    void nudgeFiles() {
        run(
                "{ (sleep 1; mount -t ext4 /dev/vdb /mnt && date >/mnt/nudged; umount /mnt) </dev/null >/dev/null 2>&1 & }");
    }

    /// Has fio end, and says what it saw.
    void endFio(Duration longestStall) {
        awaitRequests();
        // Not its worker, too: interrupted, that forgets requests that it has seen answered, and waits for them.
        run("kill -INT $(cat /tmp/fio.pid)");
        eventually(
                "fio to end",
                () -> run("[ ! -e /tmp/fio.status ] || echo ended").contains("ended"));
        run("rm /tmp/fio.status");
        // What comes first tells of the signal.
        String told = String.join("\n", run("sed -n '/^{/,$p' /tmp/fio.json"));
        JsonNode job =
                Json.tree(told.getBytes(StandardCharsets.UTF_8)).path("jobs").path(0);
        assertThat(job.path("error").asInt(-1)).as("fio's error").isZero();
        for (String direction : List.of("read", "write")) {
            JsonNode sum = job.path(direction);
            assertThat(sum.path("total_ios").asLong())
                    .as(direction + "s of fio")
                    .isPositive();
            Duration longest = Duration.ofNanos(sum.path("clat_ns").path("max").asLong());
            System.out.printf(
                    "fio: %d %ss, the longest took %d ms%n",
                    sum.path("total_ios").asLong(), direction, longest.toMillis());
            assertThat(longest).as("the longest " + direction).isLessThan(longestStall);
        }
    }

    List<VolumeStatus> volumes() {
        return vm.status().disks();
    }

    /// Until both hosts have everything of both disks.
    void awaitWhole() {
        vm.await(
                "to have both replicas in sync",
                v -> v.disks().stream().allMatch(volume -> volume.state() == VolumeState.IN_SYNC));
    }

    /// Until a host's replica of some disk counts no more.
    ///
    /// @return the disks of which that is so
    List<String> awaitOut(String host) {
        return vm
                .await(
                        "to do without a replica of " + host,
                        v -> v.disks().stream().anyMatch(volume -> isOut(volume, host)))
                .disks()
                .stream()
                .filter(volume -> isOut(volume, host))
                .map(VolumeStatus::name)
                .toList();
    }

    private static boolean isOut(VolumeStatus volume, String host) {
        return volume.replicas().stream()
                .anyMatch(replica -> replica.host().equals(new HostName(host)) && !replica.inSync());
    }

    /// Waits for a copy to be under way. A quick one may be over before it is seen.
    ///
    /// @return whether it was seen
    boolean seesResyncing(String disk) {
        long end = System.nanoTime() + NOTICE.toNanos();
        while (System.nanoTime() < end) {
            if (isResyncing(disk)) {
                return true;
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
        return false;
    }

    private boolean isResyncing(String disk) {
        try {
            return volumes().stream()
                    .anyMatch(volume -> volume.name().equals(disk) && volume.state() == VolumeState.RESYNCING);
        } catch (Problem.Refused notNow) {
            return false;
        }
    }

    /// Both hosts' files are the same, byte for byte. Nobody must be writing.
    void assertReplicasEqual() {
        assertReplicasEqual("h1", "h2");
    }

    void assertReplicasEqual(String one, String other) {
        run("sync; blockdev --flushbufs /dev/vda; blockdev --flushbufs /dev/vdb");
        compareReplicas(one, other);
    }

    /// Until they are the same: what a guest of level system writes reaches its disks a little later.
    void awaitEqual() {
        run("sync; blockdev --flushbufs /dev/vda; blockdev --flushbufs /dev/vdb");
        await("both hosts' files to be equal").atMost(NOTICE).untilAsserted(() -> compareReplicas("h1", "h2"));
    }

    private void compareReplicas(String one, String other) {
        for (VolumeStatus volume : volumes()) {
            String blocks =
                    "cmp -l \"$0\" \"$1\" | awk '{b = int(($1 - 1) / 4096); if (b != l || NR == 1) print b; l = b}'";
            String differing = Node.run(List.of(
                    "sh",
                    "-c",
                    blocks,
                    file(one, volume).toString(),
                    file(other, volume).toString()));
            assertThat(differing)
                    .as("blocks of %s that differ on %s and %s".formatted(volume.name(), one, other))
                    .isEmpty();
        }
    }

    /// Whether a host has a replica of the first disk, counted or not.
    boolean hasReplica(String host) {
        return Files.exists(file(host, volumes().getFirst()));
    }

    /// As it is reached from outside of the host.
    private Path file(String host, VolumeStatus volume) {
        long first = stage.lab().status().nodes().stream()
                .filter(node -> node.name().equals(host))
                .findFirst()
                .orElseThrow()
                .pid()
                .orElseThrow();
        return Path.of("/proc", String.valueOf(first), "root/var/lib/understudy/volumes")
                .resolve(vm.status().id().toString())
                .resolve(volume.name());
    }

    /// Reads every block of both disks: what is corrupt where the guest reads it is mended by that.
    void readEverything() {
        run("for disk in vda vdb; do dd if=/dev/$disk of=/dev/null bs=1M iflag=direct 2>/dev/null; done");
    }
}
