package understudy.simulator;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import understudy.model.HostName;

/// Something that a guest asks of one of its disks.
final class DiskRequest {
    enum Kind {
        READ,
        WRITE,
        FLUSH
    }

    private final Kind kind;
    private final int block;
    private final long content;
    private final long issuedAt;
    private final SortedMap<Integer, Long> covered;
    private final LongConsumer answer;
    private final Set<HostName> have = new TreeSet<>();

    private DiskRequest(
            Kind kind, int block, long content, long issuedAt, Map<Integer, Long> covered, LongConsumer answer) {
        this.kind = kind;
        this.block = block;
        this.content = content;
        this.issuedAt = issuedAt;
        this.covered = Collections.unmodifiableSortedMap(new TreeMap<>(covered));
        this.answer = answer;
    }

    static DiskRequest read(int block, long now, LongConsumer answer) {
        return new DiskRequest(Kind.READ, block, 0, now, Map.of(), answer);
    }

    static DiskRequest write(int block, long content, long now, LongConsumer answer) {
        return new DiskRequest(Kind.WRITE, block, content, now, Map.of(), answer);
    }

    /// @param covered what was acknowledged before it, by block
    static DiskRequest flush(Map<Integer, Long> covered, long now, LongConsumer answer) {
        return new DiskRequest(Kind.FLUSH, -1, 0, now, covered, answer);
    }

    /// The same, asked of another life of the agent.
    DiskRequest again() {
        return new DiskRequest(kind, block, content, issuedAt, covered, answer);
    }

    /// The same, for somebody else to hear of.
    DiskRequest again(LongConsumer then) {
        return new DiskRequest(kind, block, content, issuedAt, covered, then);
    }

    Kind kind() {
        return kind;
    }

    int block() {
        return block;
    }

    long content() {
        return content;
    }

    long issuedAt() {
        return issuedAt;
    }

    SortedMap<Integer, Long> covered() {
        return covered;
    }

    /// The hosts that have carried it out.
    Set<HostName> have() {
        return have;
    }

    /// @param found what a read found
    void answered(long found) {
        answer.accept(found);
    }

    void carryOut(DiskReplica replica) {
        switch (kind) {
            case READ -> {}
            case WRITE -> replica.write(block, content);
            case FLUSH -> replica.flush();
        }
    }
}
