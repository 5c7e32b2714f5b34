package understudy.ledger;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Completes what was written before VMs had care and could be given up, and hosts told of devices: logs and
/// snapshots of the format before are read, and mean what they meant.
final class EarlierDocuments {
    static final int FORMAT = 3;

    private EarlierDocuments() {}

    /// @param usual the usual care, as it is written
    static void complete(JsonNode node, JsonNode usual) {
        if (node instanceof ObjectNode record && record.path("spec") instanceof ObjectNode spec) {
            spec.putIfAbsent("care", usual);
            if (record.has("revision")) {
                record.putIfAbsent("failure", record.nullNode());
            }
        }
        if (node instanceof ObjectNode host && host.has("cpuModels") && host.has("accelerator")) {
            host.putIfAbsent("devices", host.arrayNode());
        }
        node.forEach(child -> complete(child, usual));
    }
}
