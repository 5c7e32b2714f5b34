package understudy.benchmarks.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import understudy.model.Problem;

/// What of all is measured.
///
/// @param copies    how many copies the disks have that are measured: 1, 2 or both
/// @param workloads in the order in which they are measured
record Selection(List<Integer> copies, List<Workload> workloads) {
    private static final String ONE = "unmirrored";
    private static final String TWO = "mirrored";

    Selection {
        copies = List.copyOf(copies);
        workloads = List.copyOf(workloads);
    }

    /// All words that one can select by.
    static List<String> words() {
        return Stream.concat(Stream.of(ONE, TWO), Stream.of(Workload.values()).map(Workload::toString))
                .toList();
    }

    /// @param words numbers of copies and workloads, as they are written; where none of a sort is given, all are
    ///              meant
    /// @throws Problem.Refused if there is no such word
    static Selection of(List<String> words) {
        List<Integer> copies = new ArrayList<>();
        List<Workload> workloads = new ArrayList<>();
        for (String word : words) {
            if (!words().contains(word)) {
                throw Problem.of(
                                "bad-value",
                                "--only %s is none of %s.".formatted(word, String.join(", ", words())),
                                "Choose another value.")
                        .refused();
            }
            if (word.equals(ONE) || word.equals(TWO)) {
                copies.add(word.equals(ONE) ? 1 : 2);
            }
            Stream.of(Workload.values())
                    .filter(it -> it.toString().equals(word))
                    .forEach(workloads::add);
        }
        return new Selection(
                copies.isEmpty() ? List.of(1, 2) : copies,
                workloads.isEmpty() ? List.of(Workload.values()) : workloads);
    }
}
