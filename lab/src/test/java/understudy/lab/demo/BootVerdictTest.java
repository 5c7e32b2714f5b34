package understudy.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import understudy.model.Level;

class BootVerdictTest {
    private static final BootVerdict.Boot GOOD = boot(Optional.of(6000L), 100, "", Optional.of(20_000L));

    private static BootVerdict.Boot boot(
            Optional<Long> kernelMillis, long told, String trouble, Optional<Long> protectedAgainMillis) {
        return new BootVerdict.Boot(DemoFault.HOST, "h1", kernelMillis, told, trouble, protectedAgainMillis);
    }

    private static BootVerdict of(int wanted, BootVerdict.Boot... boots) {
        return BootVerdict.of(DemoFault.HOST, Level.RESTART, wanted, 200, List.of(boots), List.of(), List.of());
    }

    @Test
    void aGuestThatStartedAgainWithAllThatWasDurablePasses() {
        assertThat(of(2, GOOD, GOOD).passed()).isTrue();
    }

    @Test
    void withoutAllFaultsItIsNotShown() {
        assertThat(of(2, GOOD).passed()).isFalse();
        assertThat(of(0).passed()).isFalse();
    }

    @Test
    void whatWasNotAsPromisedFailsItAndIsSaid() {
        assertComplaint(boot(Optional.empty(), 100, "", Optional.empty()), "did not start");
        assertComplaint(boot(Optional.of(6000L), 100, "record 7 holds 0", Optional.of(1L)), "record 7");
        assertComplaint(boot(Optional.of(6000L), 0, "", Optional.of(1L)), "nothing that could have been lost");
        assertComplaint(boot(Optional.of(20_001L), 100, "", Optional.of(1L)), "20.0 s");
        assertComplaint(boot(Optional.of(6000L), 100, "", Optional.empty()), "not mirrored again");
    }

    private static void assertComplaint(BootVerdict.Boot boot, String complaint) {
        assertThat(boot.complaint()).contains(complaint);
        assertThat(of(1, boot).passed()).isFalse();
    }
}
