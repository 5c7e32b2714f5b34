package understudy.lab;

import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import understudy.lab.LabStatus.NodeStatus;

/// `understudy lab status`.
@Command(name = "status", description = "Shows the lab: its nodes, the URL of its API and what is broken.")
final class LabStatusCommand implements Runnable {
    @Option(
            names = "--output",
            paramLabel = "json|text",
            defaultValue = "text",
            description = "text or json (default: text).")
    private Format output = Format.text;

    /// In the case in which people type it.
    enum Format {
        text,
        json
    }

    @Override
    public void run() {
        LabStatus status = Lab.attach().status();
        switch (output) {
            case json -> System.out.println(LabJson.MAPPER.writeValueAsString(status));
            case text -> print(status);
        }
    }

    private static void print(LabStatus status) {
        System.out.printf("%-6s %-8s %-5s %-6s %-8s %-8s %s%n", "NODE", "ROLE", "SITE", "POWER", "AGENT", "PID", "API");
        for (NodeStatus node : status.nodes()) {
            System.out.printf(
                    "%-6s %-8s %-5s %-6s %-8s %-8s %s%n",
                    node.name(),
                    node.role().word(),
                    node.site(),
                    node.power() ? "on" : "off",
                    node.agent().word(),
                    number(node.pid()),
                    node.url());
        }
        status.faults().forEach(fault -> System.out.println("broken: " + fault.words()));
    }

    private static String number(OptionalLong number) {
        return number.isPresent() ? Long.toString(number.getAsLong()) : "-";
    }
}
