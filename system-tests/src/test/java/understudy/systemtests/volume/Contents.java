package understudy.systemtests.volume;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a disk holds, by block, while nobody works on it. Blocks that are not named hold zeros.
record Contents(Map<Long, Long> values) {
    static final Contents EMPTY = new Contents(Map.of());

    Contents {
        values = Map.copyOf(values);
    }

    /// @param reads of each block once
    static Contents of(List<Operation> reads) {
        return new Contents(reads.stream().collect(Collectors.toMap(Operation::block, Operation::value)));
    }

    long value(long block) {
        return Optional.ofNullable(values.get(block)).orElse(Stamp.ZERO);
    }
}
