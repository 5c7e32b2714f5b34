package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import understudy.model.ByteSize;
import understudy.model.Problem;

/// Disks of a real lab fail, for real: needs root, and no other lab.
class LabDiskTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration A_WHILE = Duration.ofMillis(700);
    private static final String VOLUMES = "/var/lib/understudy/volumes";
    private static final String EIO = "Input/output error";
    private static final String ENOSPC = "No space left on device";
    private static final NodeProgram SLEEPER = NodeProgram.of(List.of("sh", "-c", "exec sleep 1000000", "agent"));

    private static Lab lab = up();

    private static Lab up() {
        Lab.down();
        return Lab.up(new LabPlan(2, 0, SLEEPER).with(ByteSize.ofMebibytes(256)), Progress.silent());
    }

    @AfterEach
    void everyDiskIsNew() {
        Stream.of("h1", "h2").forEach(host -> {
            lab.repairHost(host);
            lab.repairDisk(host, DiskRepair.REPLACED);
        });
        assertThat(lab.status().faults()).isEmpty();
    }

    @AfterAll
    static void nothingIsLeft() {
        Lab.down();
        assertThat(Sweep.remains()).isEmpty();
    }

    @Test
    void aHostsDiskIsAFileSystemOfItsOwnThatNobodyElseSees() throws IOException {
        assertThat(in("h1", "grep " + VOLUMES + " /proc/self/mounts"))
                .matches("/dev/loop\\d+ " + VOLUMES + " ext4 rw,noatime.*");
        in("h1", "echo secret >" + VOLUMES + "/only-h1");
        assertThat(in("h2", "ls " + VOLUMES)).doesNotContain("only-h1");
        assertThat(in("h2", "grep -c loop /proc/self/mounts")).isEqualTo("1");
        assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(VOLUMES);
        assertThat(LabFolders.data("h1").resolve("volumes")).isEmptyDirectory();
    }

    @Test
    void aDiskWithAnErrorFailsEveryReadAndWriteAndTheSystemDiskDoesNot() {
        in("h1", "cd %s && echo synced >a && sync a".formatted(VOLUMES));
        lab.breakDisk("h1", DiskFault.ERROR);
        assertThat(words("h1", write("a"))).contains(EIO);
        assertThat(words("h1", write("new"))).contains(EIO);
        assertThat(words("h1", "cat " + VOLUMES + "/a")).contains(EIO);
        in("h1", "cd /var/lib/understudy && echo fine >ledger && sync ledger");
        assertThat(lab.status().faults()).containsExactly(new Fault.BadDisk("h1", DiskFault.ERROR));
        in("h2", write("a"));
    }

    @Test
    void aDiskThatComesBackAfterAnErrorHasWhatWasSyncedAndNothingElse() {
        in("h1", "cd %s && echo synced >a && sync a && echo lost >b".formatted(VOLUMES));
        lab.breakDisk("h1", DiskFault.ERROR);
        lab.repairDisk("h1", DiskRepair.BACK);
        assertThat(in("h1", "cd " + VOLUMES + " && cat a && ls")).isEqualTo("synced\na\nlost+found");
        in("h1", write("a"));
    }

    /// As an agent might that has not noticed yet.
    @Test
    void whoKeepsAFileOpenOverAnErrorSeesTheOldDiskFailForEver() throws Exception {
        in("h1", "cd %s && echo synced >a && sync a && echo >b".formatted(VOLUMES));
        Process keeper = start("h1", "exec 7>>%s/b; echo open; read -r _; echo x | cat >&7".formatted(VOLUMES));
        assertThat(keeper.getInputStream().read()).isEqualTo('o');
        lab.breakDisk("h1", DiskFault.ERROR);
        lab.repairDisk("h1", DiskRepair.BACK);
        assertThat(in("h1", "cat " + VOLUMES + "/a")).isEqualTo("synced");
        in("h1", write("c"));
        keeper.getOutputStream().write('\n');
        keeper.getOutputStream().close();
        assertThat(text(keeper)).contains(EIO);
        Await.until("the old disk to go", SOON, () -> LoopDevice.ofLab().size() == 2);
        lab.breakHost("h1");
        lab.repairHost("h1");
        assertThat(in("h1", "cd " + VOLUMES + " && cat a && stat -c %s c")).isEqualTo("synced\n4096");
    }

    @Test
    void whoWritesToADiskThatHangsSurvivesEvenBeingKilledAndEndsWhenItIsBack() throws Exception {
        in("h1", "cd %s && dd if=/dev/urandom of=a bs=64k count=1 conv=fsync".formatted(VOLUMES));
        lab.breakDisk("h1", DiskFault.HANG);
        Process writer = start("h1", write("new"));
        Process reader = start("h1", "exec cat %s/a >/dev/null".formatted(VOLUMES));
        Await.until("both to begin", SOON, () -> running("h1", "dd") && running("h1", "cat"));
        assertThat(reader.waitFor(A_WHILE.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
        assertThat(writer.isAlive()).isTrue();
        kill("h1", "dd");
        assertThat(Await.holds(A_WHILE, () -> !running("h1", "dd"))).isFalse();
        assertThatThrownBy(() -> lab.breakDisk("h1", DiskFault.FULL))
                .isInstanceOf(Problem.Refused.class)
                .hasMessage("The disk of h1 fails already: hang");

        lab.repairDisk("h1", DiskRepair.BACK);
        Await.until("both to end", SOON, () -> !running("h1", "dd") && !running("h1", "cat"));
        assertThat(reader.waitFor()).isZero();
        in("h1", write("new"));
        assertThat(in("h1", "stat -c %s " + VOLUMES + "/a")).isEqualTo("65536");
    }

    @Test
    void aDiskThatHangsCanBeReplacedAndWhoWaitedForItFails() throws Exception {
        in("h1", write("a"));
        lab.breakDisk("h1", DiskFault.HANG);
        Process writer = start("h1", write("a"));
        Await.until("it to be stuck", SOON, () -> isStuck("h1", "dd"));
        lab.repairDisk("h1", DiskRepair.REPLACED);
        assertThat(text(writer)).contains(EIO);
        assertThat(in("h1", "ls " + VOLUMES)).isEqualTo("lost+found");
        in("h1", write("a"));
    }

    @Test
    void aHostWhoseDiskHangsCanLoseItsPowerAndComesBackWithADiskThatWorks() throws Exception {
        in("h1", write("a"));
        lab.breakDisk("h1", DiskFault.HANG);
        start("h1", write("new"));
        Await.until("it to begin", SOON, () -> running("h1", "dd"));
        lab.breakHost("h1");
        assertThat(LabProcess.in(Namespace.of("h1"))).isEmpty();
        assertThatThrownBy(() -> lab.breakDisk("h1", DiskFault.FULL)).hasMessage("h1 has no power");
        lab.repairHost("h1");
        assertThat(in("h1", "ls " + VOLUMES)).isEqualTo("a\nlost+found");
        in("h1", write("new"));
    }

    @Test
    void aFullDiskTakesNoNewBlockUntilThereIsRoomAgain() {
        in("h1", write("a"));
        lab.breakDisk("h1", DiskFault.FULL);
        in("h1", write("a"));
        assertThat(words("h1", write("b"))).contains(ENOSPC);
        assertThat(words("h1", "dd if=/dev/zero of=%s/a bs=4k seek=9 count=1 conv=notrunc,fsync".formatted(VOLUMES)))
                .contains(ENOSPC);
        assertThat(words("h1", "df --output=avail " + VOLUMES)
                        .lines()
                        .toList()
                        .getLast()
                        .strip())
                .isEqualTo("0");
        lab.repairDisk("h1", DiskRepair.BACK);
        in("h1", write("b"));
    }

    @Test
    void corruptionFlipsExactlyTheBitsThatItTellsAndChangesNoTimeOfAFile() {
        in("h1", """
                mkdir -p %1$s/web-1 && cd %1$s/web-1
                dd if=/dev/urandom of=/tmp/copy bs=1k count=1021
                dd if=/tmp/copy of=disk0 conv=fsync && truncate -s 64M disk0
                dd if=/tmp/copy of=disk0.meta conv=fsync
                truncate -s 64M /tmp/copy
                """.formatted(VOLUMES));
        String stat = "cd %s/web-1 && stat -c '%%n %%s %%y %%z' disk0 disk0.meta".formatted(VOLUMES);
        String before = in("h1", stat);

        List<BitFlip> flips = lab.corruptDisk("h1", 5, 42);
        assertThat(flips).hasSize(5).allMatch(flip -> flip.file().equals("web-1/disk0") && flip.offset() < 1021 << 10);
        assertThat(flips.stream().map(flip -> flip.offset() / 4096).distinct()).hasSize(5);
        List<Long> different = words("h1", "cmp -l /tmp/copy %s/web-1/disk0".formatted(VOLUMES))
                .lines()
                .map(line -> Long.parseLong(line.strip().split(" +", 2)[0]) - 1)
                .toList();
        assertThat(different).isEqualTo(flips.stream().map(BitFlip::offset).toList());
        in("h1", "cmp -n $((1021 * 1024)) /tmp/copy %s/web-1/disk0.meta".formatted(VOLUMES));
        assertThat(in("h1", stat)).isEqualTo(before);
        assertThat(lab.status().faults()).isEmpty();

        assertThat(lab.corruptDisk("h1", 5, 42)).as("the same seed").isEqualTo(flips);
        in("h1", "cmp /tmp/copy %s/web-1/disk0".formatted(VOLUMES));
        assertThat(lab.corruptDisk("h1", 65_536, 1)).as("all blocks").hasSize(256);
        assertThatThrownBy(() -> lab.corruptDisk("h2", 1, 1)).hasMessage("Nothing has been written to this disk");
    }

    @Test
    void aPowerLossTakesWhatWasNotSyncedAndLeavesWhatWas() {
        in("h1", "cd %s && echo one >a && sync a && echo lost >b && echo two >>a".formatted(VOLUMES));
        lab.breakHost("h1");
        lab.repairHost("h1");
        assertThat(in("h1", "cd " + VOLUMES + " && cat a && ls")).isEqualTo("one\na\nlost+found");
    }

    @Test
    void aReplacedDiskIsEmptyAndAsLarge() {
        String size = "df --output=size " + VOLUMES;
        String before = in("h1", size);
        in("h1", write("a"));
        lab.repairDisk("h1", DiskRepair.REPLACED);
        assertThat(in("h1", "ls " + VOLUMES)).isEqualTo("lost+found");
        assertThat(in("h1", size)).isEqualTo(before);
    }

    /// Writes one block and syncs it; what was in the file before stays.
    private static String write(String file) {
        return "exec dd if=/dev/zero of=%s/%s bs=4k count=1 conv=notrunc,fsync".formatted(VOLUMES, file);
    }

    /// By its name, because a process that was killed and waits in the kernel has no command line left.
    private static boolean running(String host, String program) {
        return LabProcess.in(Namespace.of(host)).stream()
                .anyMatch(process -> name(process).equals(program));
    }

    private static boolean isStuck(String host, String program) {
        return LabProcess.in(Namespace.of(host)).stream()
                .anyMatch(process -> name(process).equals(program) && process.isStuck());
    }

    private static String name(LabProcess process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/comm")).strip();
        } catch (IOException ended) {
            return "";
        }
    }

    private static void kill(String host, String program) {
        LabProcess.in(Namespace.of(host)).stream()
                .filter(process -> name(process).equals(program))
                .forEach(process -> process.signal("KILL"));
    }

    private static Process start(String node, String script) throws IOException {
        return new ProcessBuilder(lab.inside(node, List.of("sh", "-c", script)))
                .redirectErrorStream(true)
                .start();
    }

    private static String text(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String in(String node, String script) {
        return run(node, "set -e\n" + script);
    }

    /// What it says, errors included, when it may fail.
    private static String words(String node, String script) {
        return run(node, "( " + script + " ) 2>&1 || true");
    }

    private static String run(String node, String script) {
        return Shell.of(lab.inside(node, List.of("sh", "-c", script)).toArray(String[]::new))
                .run()
                .strip();
    }
}
