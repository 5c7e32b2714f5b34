package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Life;
import understudy.model.Problem;
import understudy.model.VmName;

/// What the agent's `PlacingTest` shows by requests of users is not shown again.
class PairChoiceTest {
    private LedgerState state = LedgerState.empty();
    private final Set<HostName> up = new HashSet<>();

    private void host(String name, int gibibytes, int cpus, String site) {
        state = state.apply(new LedgerCommand.RegisterHost(new HostRecord(
                        new HostName(name),
                        HostRecord.Role.HOST,
                        new Life(new UUID(1, 1)),
                        "",
                        ByteSize.ofMebibytes(1024L * gibibytes),
                        cpus,
                        "7.2",
                        List.of(),
                        List.of(),
                        "tcg",
                        List.of(),
                        Optional.of(site).filter(it -> !it.isEmpty()))))
                .state();
        up.add(new HostName(name));
    }

    private PairChoice choice(int gibibytes) {
        return new PairChoice(state, new VmName("web-1"), ByteSize.ofMebibytes(1024L * gibibytes), 2);
    }

    private static List<String> names(List<HostRecord> hosts) {
        return hosts.stream().map(host -> host.name().value()).toList();
    }

    private String refusal(int gibibytes) {
        return catchThrowableOfType(
                        Problem.Refused.class, () -> choice(gibibytes).best(up::contains, _ -> true))
                .problem()
                .code();
    }

    @Test
    void theTwoThatAreUsedLeastAreTaken() {
        host("h1", 4, 8, "");
        host("h2", 8, 8, "");
        host("h3", 16, 1, "");
        assertThat(names(choice(1).best(up::contains, _ -> true))).containsExactly("h2", "h1");
    }

    @Test
    void whoIsNotUpOrDoesNotFitIsLeftOut() {
        Stream.of("h1", "h2", "h3", "h4").forEach(name -> host(name, 8, 8, ""));
        up.remove(new HostName("h1"));
        assertThat(names(choice(1).best(up::contains, pair -> !names(pair).contains("h2"))))
                .containsExactly("h3", "h4");
    }

    @Test
    void neverAreBothOfOneSiteWhereThereAreTwo() {
        host("n1", 16, 8, "north");
        host("n2", 16, 8, "north");
        host("s1", 4, 8, "south");
        assertThat(names(choice(1).best(up::contains, _ -> true))).containsExactly("n1", "s1");
        up.remove(new HostName("s1"));
        assertThat(refusal(1)).isEqualTo("no-pair");
    }

    @Test
    void aHostInMaintenanceIsTakenOnlyWhereThereIsNoOther() {
        host("h1", 8, 8, "");
        host("h2", 8, 8, "");
        host("h3", 4, 8, "");
        state = state.apply(new LedgerCommand.Maintain(new HostName("h1"), true))
                .state();
        assertThat(names(choice(1).best(up::contains, _ -> true))).containsExactly("h2", "h3");
        assertThat(names(choice(6).best(up::contains, _ -> true))).containsExactly("h1", "h2");
        assertThat(refusal(9)).isEqualTo("no-pair");
    }

    @Test
    void hostsThatAreNamedNeedTheMemoryAndMustExist() {
        host("n1", 2, 8, "north");
        host("n2", 8, 8, "north");
        List<HostName> both = List.of(new HostName("n1"), new HostName("n2"));
        choice(2).checkMemory(choice(2).named(both));
        Problem.Refused small = catchThrowableOfType(
                Problem.Refused.class, () -> choice(4).checkMemory(choice(4).named(both)));
        assertThat(small.problem().code()).isEqualTo("no-memory");
        Problem.Refused unknown =
                catchThrowableOfType(Problem.Refused.class, () -> choice(1).named(List.of(new HostName("h9"))));
        assertThat(unknown.problem().code()).isEqualTo("no-such-host");
    }
}
