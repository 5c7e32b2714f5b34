package understudy.simulator;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.model.VmId;
import understudy.model.VmRecord;

/// What a host has written down of VMs with which it goes on alone, under a solo grant. It outlives agents and losses
/// of power.
final class Words {
    private final Map<VmId, Word> words = new TreeMap<>();
    private int starts;

    /// @param known what the agent knew when it went on alone
    /// @param start of the host
    private record Word(VmRecord known, int start) {}

    /// The host loses its power.
    void startAnew() {
        starts++;
    }

    void write(VmRecord known) {
        words.put(known.spec().id(), new Word(known, starts));
    }

    void erase(VmId vm) {
        words.remove(vm);
    }

    Optional<VmRecord> of(VmId vm) {
        return Optional.ofNullable(words.get(vm)).map(Word::known);
    }

    List<VmRecord> all() {
        return words.values().stream().map(Word::known).toList();
    }

    boolean isOfThisStart(VmId vm) {
        return Optional.ofNullable(words.get(vm))
                .filter(it -> it.start() == starts)
                .isPresent();
    }
}
