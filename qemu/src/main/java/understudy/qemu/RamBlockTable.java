package understudy.qemu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The human monitor's `info ramblock`, by block name. Newer QEMUs add a column HVA with the host address.
record RamBlockTable(Map<String, Row> rows) {
    private static final Pattern ROW = Pattern.compile(
            "\\s*(\\S+)\\s+\\d+ \\S+\\s+0x[0-9a-f]{1,16}\\s+0x[0-9a-f]{1,16}\\s+0x([0-9a-f]{1,16})(?:\\s+0x([0-9a-f]{1,16}))?.*");

    /// @param total       bytes that the block may grow to
    /// @param hostAddress where it lies in QEMU, if the table says so
    record Row(long total, OptionalLong hostAddress) {}

    RamBlockTable {
        rows = Map.copyOf(rows);
    }

    static RamBlockTable parse(String text) {
        boolean tellsAddresses = text.lines().findFirst().orElse("").contains("HVA");
        Map<String, Row> rows = new LinkedHashMap<>();
        text.lines().map(ROW::matcher).filter(Matcher::matches).forEach(m -> {
            OptionalLong address = tellsAddresses && m.group(3) != null
                    ? OptionalLong.of(Long.parseUnsignedLong(m.group(3), 16))
                    : OptionalLong.empty();
            rows.put(m.group(1), new Row(Long.parseUnsignedLong(m.group(2), 16), address));
        });
        return new RamBlockTable(rows);
    }

    Optional<Row> row(String block) {
        return Optional.ofNullable(rows.get(block));
    }
}
