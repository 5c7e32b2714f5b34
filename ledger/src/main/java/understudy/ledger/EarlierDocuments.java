package understudy.ledger;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Completes what was written before VMs had care and could be given up, and hosts told of devices (format 3), and
/// before there were solo grants (4), forced starts (5), changes of level (6), moves and maintenance (7),
/// changes of pairs and sites (8), rules (9), moves to other hosts (10), numbers of wishes (11), and
/// hardware (12): logs and snapshots of these formats are read, and mean what they meant.
final class EarlierDocuments {
    static final int FIRST = 3;
    private static final int LAST = 12;

    private EarlierDocuments() {}

    static boolean isFormat(int format) {
        return FIRST <= format && format <= LAST;
    }

    /// @param care     the usual care, as it is written
    /// @param hardware the usual hardware, as it is written
    static void complete(JsonNode node, JsonNode care, JsonNode hardware) {
        if (node instanceof ObjectNode record && record.path("spec") instanceof ObjectNode spec) {
            spec.putIfAbsent("care", care);
            spec.putIfAbsent("hardware", hardware);
            if (record.has("revision")) {
                record.putIfAbsent("failure", record.nullNode());
                record.putIfAbsent("destination", record.nullNode());
                record.putIfAbsent("wish", record.numberNode(0));
            }
        }
        if (node instanceof ObjectNode command
                && command.path("do").asString("").equals("give-up")) {
            command.putIfAbsent("wish", command.nullNode());
        }
        if (node instanceof ObjectNode host && host.has("cpuModels") && host.has("accelerator")) {
            host.putIfAbsent("devices", host.arrayNode());
            host.putIfAbsent("site", host.nullNode());
        }
        if (node instanceof ObjectNode view && view.has("placement") && view.has("proposal")) {
            view.putIfAbsent("soloGrant", view.booleanNode(false));
        }
        if (node instanceof ObjectNode replica && replica.has("host") && replica.has("inSync")) {
            replica.putIfAbsent("fresh", replica.booleanNode(false));
        }
        if (node instanceof ObjectNode state && state.has("applied") && state.has("renewals")) {
            state.putIfAbsent("maintained", state.arrayNode());
            state.putIfAbsent("rules", state.arrayNode());
        }
        node.forEach(child -> complete(child, care, hardware));
    }
}
