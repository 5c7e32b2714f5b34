package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.protocol.Electorate.Member;

class ElectorateTest {
    /// @param text names; with `!` one that is not fit; with `@s` one at site s; those that begin with w are witnesses
    private static List<Member> members(String text) {
        List<Member> members = new ArrayList<>();
        for (String word : text.split(" ", -1)) {
            String[] parts = word.replace("!", "").split("@", -1);
            members.add(new Member(
                    new HostName(parts[0]),
                    parts[0].startsWith("w"),
                    parts.length > 1 ? Optional.of(parts[1]) : Optional.empty(),
                    !word.contains("!")));
        }
        return members;
    }

    private static SortedSet<HostName> names(String text) {
        return Stream.of(text.split(" ", -1))
                .filter(it -> !it.isEmpty())
                .map(HostName::new)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @ParameterizedTest
    @CsvSource({
        // New clusters.
        "h1,                            '',             h1",
        "h1 h2,                         '',             h1 h2",
        "h1 h2 w1,                      '',             h1 h2 w1",
        "h1 h2 h3,                      '',             h1 h2 h3",
        "h1 h2 w1 w2,                   '',             h1 h2 w1",
        "h1 h2 h3 w1,                   '',             h1 h2 w1",
        "h1 h2 h3 h4 h5 h6 w1,          '',             h1 h2 h3 h4 w1",
        "h1@a h2@a h3@a h4@b h5@b w1,   '',             h1 h2 h4 h5 w1",
        "h1@a h2@a h3@b w1,             '',             h1 h3 w1",
        "h1@a h2@a w1 w2,               '',             h1 h2 w1",
        // One is lost: another one takes its vote, if there is one.
        "h1 h2 w1!,                     h1 h2 w1,       h1 h2 w1",
        "h1 h2 w1! w2,                  h1 h2 w1,       h1 h2 w2",
        "h1 h2 h3 w1!,                  h1 h2 w1,       h1 h2 h3",
        "h1! h2 h3 w1,                  h1 h2 w1,       h2 h3 w1",
        "h1! h2 h3! w1,                 h1 h2 w1,       h1 h2 w1",
        "h1 h2 h3! w1!,                 h1 h2 h3,       h1 h2 h3",
        "h1@a h2@b h3@a! w1!,           h1 h2 h3,       h1 h2 h3",
        // It is back: a witness votes again, a host need not.
        "h1 h2 h3 w1,                   h1 h2 h3,       h1 h2 w1",
        "h1 h2 h3 w1,                   h2 h3 w1,       h2 h3 w1",
        "h1 h2 w1 w2,                   h1 h2 w2,       h1 h2 w2",
        // Of five, one that is lost is no reason to have fewer; two are.
        "h1 h2 h3! h4 w1,               h1 h2 h3 h4 w1, h1 h2 h3 h4 w1",
        "h1 h2 h3! h4! w1,              h1 h2 h3 h4 w1, h1 h2 w1",
        "h1 h2! h3! h4! w1,             h1 h2 h3 h4 w1, h1 h2 h3 h4 w1",
        "h1 h2 h3! h4! h5 h6 w1,        h1 h2 h3 h4 w1, h1 h2 h5 h6 w1",
        // More come.
        "h1 h2 h3,                      h1 h2,          h1 h2 h3",
        "h1 h2 h3!,                     h1 h2,          h1 h2",
        "h1 h2 h3 h4 w1,                h1 h2 w1,       h1 h2 h3 h4 w1",
        "h1 h2 h3 h4! w1,               h1 h2 w1,       h1 h2 w1",
        // No site has more of three than it must.
        "h1@a h2@a h3@b w1,             h1 h2 w1,       h1 h3 w1",
        "h1@a h2@a h3@b! w1,            h1 h2 w1,       h1 h2 w1",
    })
    void votersAreChosen(String members, String voters, String wanted) {
        assertThat(Electorate.wanted(members(members), names(voters))).isEqualTo(names(wanted));
    }

    @Test
    void whoIsChosenStaysChosenAndTheWayThereNeverLosesAMajority() {
        Random dice = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            List<Member> members = random(dice);
            Set<HostName> voters = randomVoters(dice, members);
            SortedSet<HostName> wanted = Electorate.wanted(members, voters);
            Collections.shuffle(members, dice);
            assertThat(Electorate.wanted(members, voters)).isEqualTo(wanted);
            assertThat(Electorate.wanted(members, wanted)).as("of %s", members).isEqualTo(wanted);
            assertThat(wanted).hasSizeLessThanOrEqualTo(Electorate.VOTERS_MAX);
            assertThat(members)
                    .as("nobody who is not there takes a vote")
                    .noneMatch(it -> wanted.contains(it.name()) && !it.isFit() && !voters.contains(it.name()));
            walk(members, voters, wanted);
        }
    }

    /// The leader is a fit voter; it hands the lead over where its own vote is to go.
    private static void walk(List<Member> members, Set<HostName> from, SortedSet<HostName> wanted) {
        Set<HostName> voters = from;
        Optional<HostName> leader =
                Electorate.leader(members, voters, voters, members.getFirst().name());
        if (leader.isEmpty()) {
            return;
        }
        for (int steps = 0; !voters.equals(wanted); steps++) {
            assertThat(steps).as("%s from %s to %s", members, from, wanted).isLessThan(12);
            Optional<SortedSet<HostName>> next = Electorate.step(members, voters, wanted, leader.get());
            if (next.isEmpty()) {
                Optional<HostName> other = Electorate.leader(members, voters, wanted, leader.get());
                if (other.isEmpty()) {
                    return;
                }
                assertThat(other).isNotEqualTo(leader);
                leader = other;
                continue;
            }
            Set<HostName> stay = new TreeSet<>(voters);
            stay.retainAll(next.get());
            assertThat(stay).contains(leader.get());
            assertThat(stay.size() * 2)
                    .as("%s from %s to %s", members, voters, next.get())
                    .isGreaterThanOrEqualTo(voters.size() == 1 ? 2 : next.get().size() + 1);
            voters = next.get();
        }
    }

    private static List<Member> random(Random dice) {
        List<Member> members = new ArrayList<>();
        int hosts = 1 + dice.nextInt(7);
        int witnesses = dice.nextInt(3);
        for (int i = 0; i < hosts + witnesses; i++) {
            boolean isWitness = i >= hosts;
            members.add(new Member(
                    new HostName((isWitness ? "w" : "h") + i),
                    isWitness,
                    dice.nextBoolean() ? Optional.empty() : Optional.of(dice.nextBoolean() ? "a" : "b"),
                    dice.nextInt(4) > 0));
        }
        return members;
    }

    private static Set<HostName> randomVoters(Random dice, List<Member> members) {
        List<HostName> names =
                new ArrayList<>(members.stream().map(Member::name).toList());
        Collections.shuffle(names, dice);
        int size = Math.min(names.size(), List.of(1, 2, 3, 3, 5).get(dice.nextInt(5)));
        return new TreeSet<>(names.subList(0, size));
    }

    @Test
    void aVoteMovesOnceOthersHaveBeenBetterForAWhile() {
        SortedSet<HostName> voters = names("h1 h2 w1");
        HostName leader = new HostName("h1");
        List<Member> lost = members("h1 h2 w1! w2");
        VoterWatch watch = VoterWatch.NOTHING;
        for (int second = 0; second < 20; second++) {
            VoterWatch.Look look = watch.look(lost, voters, leader, VoterWatch.GRACE, at(second));
            assertThat(look.next()).isEmpty();
            watch = look.watch();
        }
        VoterWatch.Look due = watch.look(lost, voters, leader, VoterWatch.GRACE, at(20));
        assertThat(due.next()).contains(names("h1 h2 w2"));
        // It takes a moment until it is so, or it fails.
        VoterWatch.Look asked = due.watch().look(lost, voters, leader, VoterWatch.GRACE, at(21));
        assertThat(asked.next()).isEmpty();
        assertThat(asked.watch()
                        .look(lost, voters, leader, VoterWatch.GRACE, at(31))
                        .next())
                .isPresent();
    }

    /// Another voter comes and goes.
    @Test
    void aVoteMovesHoweverOthersComeAndGo() {
        SortedSet<HostName> voters = names("h1 h2 w1");
        HostName leader = new HostName("h1");
        VoterWatch watch = VoterWatch.NOTHING;
        int moved = 0;
        for (int second = 0; moved == 0 && second < 60; second++) {
            String other = second % 7 == 0 ? "h2!" : "h2";
            List<Member> members = members("h1 %s w1! w2".formatted(other));
            VoterWatch.Look look = watch.look(members, voters, leader, VoterWatch.GRACE, at(second));
            watch = look.watch();
            moved = look.next().isPresent() ? second : 0;
        }
        assertThat(moved).isBetween(20, 22);
    }

    @Test
    void moreVoteSoonWhereMoreAreThere() {
        VoterWatch watch = VoterWatch.NOTHING;
        List<Member> members = members("h1 h2 h3 h4 w1");
        SortedSet<HostName> voters = names("h1 h2 w1");
        watch = watch.look(members, voters, new HostName("w1"), VoterWatch.GRACE, at(0))
                .watch();
        assertThat(watch.look(members, voters, new HostName("w1"), VoterWatch.GRACE, at(4))
                        .next())
                .isEmpty();
        assertThat(watch.look(members, voters, new HostName("w1"), VoterWatch.GRACE, at(5))
                        .next())
                .contains(names("h1 h2 h3 h4 w1"));
    }

    @Test
    void whoIsWellKeepsItsVoteWhileAnotherVoterIsNot() {
        HostName leader = new HostName("h3");
        SortedSet<HostName> voters = names("h1 h2 h3");
        SortedSet<HostName> wanted = names("h2 h3 w1");
        assertThat(Electorate.step(members("h1 h2! h3 w1"), voters, wanted, leader))
                .isEmpty();
        assertThat(Electorate.step(members("h1 h2 h3 w1"), voters, wanted, leader))
                .contains(wanted);
    }

    @Test
    void whoIsBackInTimeKeepsItsVote() {
        SortedSet<HostName> voters = names("h1 h2 w1");
        HostName leader = new HostName("h1");
        VoterWatch watch = VoterWatch.NOTHING;
        for (int second = 0; second < 300; second++) {
            List<Member> members = members(second % 20 == 19 ? "h1 h2 w1 w2" : "h1 h2 w1! w2");
            VoterWatch.Look look = watch.look(members, voters, leader, VoterWatch.GRACE, at(second));
            assertThat(look.next()).isEmpty();
            watch = look.watch();
        }
    }

    @Test
    void theLeaderHandsTheLeadOverBeforeItsOwnVoteGoes() {
        List<Member> members = members("h1! h2 h3 w1!");
        SortedSet<HostName> voters = names("h1 h2 w1");
        SortedSet<HostName> wanted = names("h1 h2 h3");
        assertThat(Electorate.step(members, voters, names("h2 h3 w1"), new HostName("h1")))
                .isEmpty();
        assertThat(Electorate.leader(members, voters, wanted, new HostName("h1")))
                .contains(new HostName("h2"));
    }

    private static Moment at(int second) {
        return new Moment(Duration.ofSeconds(second).toNanos());
    }
}
