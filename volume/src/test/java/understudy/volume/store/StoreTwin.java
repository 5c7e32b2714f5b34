package understudy.volume.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import understudy.volume.Geometry;

/// What a volume must hold, told by somebody who only ever looks at requests: for each sector the versions that
/// it may have after a loss of power, the last of them being what it has now.
final class StoreTwin {
    private static final int SECTOR = 512;
    private static final byte[] ZEROS = new byte[SECTOR];

    private final Map<Long, List<byte[]>> versions = new HashMap<>();

    /// Sectors that a request may have changed or not that never came back.
    private final Set<Long> doubtful = new HashSet<>();

    /// Blocks that were written and have not left the log since.
    private final Set<Long> underWay = new HashSet<>();

    /// Blocks that the tracked peer lacks.
    private final Set<Long> lacking = new HashSet<>();

    private boolean isTracking;

    /// A request is about to be carried out.
    void change(long offset, long length, MemorySegment source, boolean isZero) {
        for (long at = offset; at < offset + length; ) {
            int within = (int) (at % SECTOR);
            int count = (int) Math.min(SECTOR - within, offset + length - at);
            byte[] sector = now(at / SECTOR).clone();
            if (isZero) {
                Arrays.fill(sector, within, within + count, (byte) 0);
            } else {
                MemorySegment.copy(source, at - offset, MemorySegment.ofArray(sector), within, count);
            }
            versions.computeIfAbsent(at / SECTOR, _ -> new ArrayList<>(List.of(ZEROS)))
                    .add(sector);
            doubtful.add(at / SECTOR);
            at += count;
        }
        for (long block = offset / Geometry.BLOCK_BYTES;
                block <= (offset + length - 1) / Geometry.BLOCK_BYTES;
                block++) {
            underWay.add(block);
            if (isTracking) {
                lacking.add(block);
            }
        }
    }

    /// The last request has come back.
    void done() {
        doubtful.clear();
    }

    void flushed() {
        versions.replaceAll((_, all) -> new ArrayList<>(List.of(all.getLast())));
    }

    void retired(Set<Integer> stillLogged) {
        underWay.removeIf(block -> !stillLogged.contains((int) (block / Geometry.EXTENT_BLOCKS)));
    }

    void tracks(boolean isBeginning) {
        if (isBeginning) {
            lacking.clear();
            lacking.addAll(underWay);
        }
        isTracking = true;
    }

    void tracksNobody() {
        isTracking = false;
        lacking.clear();
    }

    void copied(long block) {
        lacking.remove(block);
    }

    Set<Long> lacking() {
        return lacking;
    }

    private byte[] now(long sector) {
        List<byte[]> all = versions.get(sector);
        return all == null ? ZEROS : all.getLast();
    }

    /// Whether these bytes, whole sectors, are what the volume has.
    void check(long offset, MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += SECTOR) {
            byte[] found = bytes.asSlice(at, SECTOR).toArray(ValueLayout.JAVA_BYTE);
            if (!Arrays.equals(found, now((offset + at) / SECTOR))) {
                throw new AssertionError("sector " + (offset + at) / SECTOR + " is not what was written last");
            }
        }
    }

    Set<Long> sectors() {
        return versions.keySet();
    }

    /// After a crash: a sector has what it may have, and has it from now on.
    ///
    /// @param lostPower whether what was not flushed may be gone
    void settle(long sector, byte[] found, boolean lostPower) {
        List<byte[]> all = versions.getOrDefault(sector, List.of(ZEROS));
        List<byte[]> allowed = lostPower
                ? all
                : doubtful.contains(sector)
                        ? all.subList(Math.max(0, all.size() - 2), all.size())
                        : List.of(all.getLast());
        assertThat(allowed.stream().anyMatch(version -> Arrays.equals(version, found)))
                .as("sector %d, of %d versions, %s", sector, all.size(), lostPower ? "power lost" : "killed")
                .isTrue();
        if (lostPower) {
            versions.put(sector, new ArrayList<>(List.of(found)));
        } else if (!Arrays.equals(found, all.getLast())) {
            all.add(found);
        }
    }
}
