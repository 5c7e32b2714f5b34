package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LabProcessTest {
    @Test
    void theInnermostProcessIdIsTheLast() {
        assertThat(LabProcess.insidePid("Name:\tsh\nNSpid:\t6003\t1\nThreads:\t1\n"))
                .isEqualTo(1);
        assertThat(LabProcess.insidePid("Name:\tsh\nNSpid:\t6003\n")).isEqualTo(6003);
    }

    @Test
    void theStartTimeIsFoundBehindACommandNameMadeToConfuse() {
        String fields = "S 1 7 7 0 -1 4194560 134 0 0 0 0 0 0 0 20 0 1 0 8122 2744320 412";
        assertThat(LabProcess.started("7 (sh) " + fields)).isEqualTo(8122);
        assertThat(LabProcess.started("7 (a) R 1 2) 3 " + ") " + fields)).isEqualTo(8122);
    }

    @Test
    void thisProcessLivesAndIsNotStopped() {
        long pid = ProcessHandle.current().pid();
        LabProcess stranger = new LabProcess(pid, pid, 1);
        assertThat(stranger.isAlive())
                .as("another process that had the same id")
                .isFalse();
        assertThat(stranger.isStopped()).isFalse();
    }
}
