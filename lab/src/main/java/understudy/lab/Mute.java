package understudy.lab;

import java.util.List;
import java.util.stream.Collectors;

/// Silences network interfaces with nftables. Whoever sends to one, or through one, gets no answer and no error.
///
/// Each fault has a table of its own, so that mending one leaves the others in force.
final class Mute {
    private Mute() {}

    /// Nothing goes in or out of `namespace` by these interfaces, from one moment to the next.
    ///
    /// @param fault a name for it, by which [#lift] ends it
    static void all(Namespace namespace, String fault, List<String> interfaces) {
        namespace.nft(
                emptyTable(fault) + dropping(fault, "ingress", interfaces) + dropping(fault, "egress", interfaces));
    }

    /// Nothing comes into `namespace` by these interfaces.
    static void incoming(Namespace namespace, String fault, List<String> interfaces) {
        namespace.nft(emptyTable(fault) + dropping(fault, "ingress", interfaces));
    }

    /// Ends a fault, if it is there.
    static void lift(Namespace namespace, String fault) {
        namespace.nft(emptyTable(fault) + "delete table netdev %s\n".formatted(table(fault)));
    }

    private static String table(String fault) {
        return "lab-" + fault;
    }

    /// Works whether or not there is such a table.
    private static String emptyTable(String fault) {
        return "add table netdev %1$s\ndelete table netdev %1$s\nadd table netdev %1$s\n".formatted(table(fault));
    }

    private static String dropping(String fault, String hook, List<String> interfaces) {
        String devices = interfaces.stream().map("\"%s\""::formatted).collect(Collectors.joining(", "));
        return "add chain netdev %s %s { type filter hook %s devices = { %s } priority 0; policy drop; }\n"
                .formatted(table(fault), hook, hook, devices);
    }
}
