package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;
import understudy.lab.ControlGroup.Hierarchy;
import understudy.model.ByteSize;
import understudy.model.Problem;

class DiskWordsTest {
    @Test
    void faultsAndRepairsAreTypedInLowerCaseAndWhatIsNoneIsToldThoseThatAre() {
        assertThat(new DiskFault.Word().convert("hang")).isEqualTo(DiskFault.HANG);
        assertThat(new DiskRepair.Word()).containsExactly("back", "replaced");
        assertThatThrownBy(() -> new DiskFault.Word().convert("HANG"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("'HANG' is none of error, hang, full, corrupt");
    }

    @Test
    void aLoopDeviceIsPastWhenItsFileWasDeleted() {
        assertThat(LoopDevice.parse("loop3", "/var/lib/understudy-lab/h1.disk"))
                .isEqualTo(new LoopDevice("loop3", Path.of("/var/lib/understudy-lab/h1.disk"), false));
        assertThat(LoopDevice.parse("loop3", "/var/lib/understudy-lab/h1.disk (deleted)"))
                .isEqualTo(new LoopDevice("loop3", Path.of("/var/lib/understudy-lab/h1.disk"), true));
    }

    @Test
    void controlGroupsOfBothVersionsAreFoundAndTheSeparateOneIsTaken() {
        String unified = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";
        assertThat(Hierarchy.in("proc /proc proc rw 0 0\n" + unified))
                .contains(new Hierarchy(Path.of("/sys/fs/cgroup"), true));
        assertThat(Hierarchy.in(unified + "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
                        + "cgroup /sys/fs/cgroup/blkio cgroup rw,blkio 0 0\n"))
                .contains(new Hierarchy(Path.of("/sys/fs/cgroup/blkio"), false));
        assertThat(Hierarchy.in("proc /proc proc rw 0 0\n")).isEmpty();
    }

    @Test
    void aDiskThatIsTooSmallOrTooLargeIsRefused() {
        LabPlan plan = new LabPlan(1, 0, NodeProgram.of(List.of("sleep")));
        assertThatThrownBy(() -> plan.with(ByteSize.ofMebibytes(63)))
                .isInstanceOf(Problem.Refused.class)
                .hasMessage("A disk of 63M cannot be");
        assertThatThrownBy(() -> plan.with(ByteSize.parse("2T"))).hasMessage("A disk of 2T cannot be");
    }
}
