package understudy.lab;

import java.util.List;
import java.util.stream.Collectors;

/// Silences network interfaces with nftables. Whoever sends to one, or through one, gets no answer and no error.
///
/// Each fault has a table of its own, so that mending one leaves the others in force.
final class Mute {
    private static final String POWER = "lab-power";

    private Mute() {}

    /// Nothing goes in or out of `namespace` by these interfaces, from one moment to the next.
    static void all(Namespace namespace, List<String> interfaces) {
        namespace.nft(
                emptyTable(POWER) + dropping(POWER, "ingress", interfaces) + dropping(POWER, "egress", interfaces));
    }

    /// Nothing comes into `namespace` by these interfaces, which lead to `from`.
    static void incoming(Namespace namespace, String from, List<String> interfaces) {
        String table = "lab-from-" + from;
        namespace.nft(emptyTable(table) + dropping(table, "ingress", interfaces));
    }

    static void hear(Namespace namespace, String from) {
        String table = "lab-from-" + from;
        namespace.nft(emptyTable(table) + "delete table netdev %s\n".formatted(table));
    }

    /// Works whether or not there is such a table.
    private static String emptyTable(String table) {
        return "add table netdev %1$s\ndelete table netdev %1$s\nadd table netdev %1$s\n".formatted(table);
    }

    private static String dropping(String table, String hook, List<String> interfaces) {
        String devices = interfaces.stream().map("\"%s\""::formatted).collect(Collectors.joining(", "));
        return "add chain netdev %s %s { type filter hook %s devices = { %s } priority 0; policy drop; }\n"
                .formatted(table, hook, hook, devices);
    }
}
