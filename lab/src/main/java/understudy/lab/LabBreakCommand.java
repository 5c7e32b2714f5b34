package understudy.lab;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `understudy lab break`.
@Command(
        name = "break",
        description = "Breaks a part of the lab, for real; `lab repair` with the same words mends it.",
        synopsisSubcommandLabel = "WHAT",
        commandListHeading = "%nWHAT is one of:%n")
final class LabBreakCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to break");
    }

    @Command(
            description = {
                "A power loss: the host's links fall silent, then all its processes are killed.",
                "Nothing says goodbye; what was in its memory is gone."
            })
    void host(@Parameters(paramLabel = "HOST", description = "h1, h2, ...") String host) {
        Lab.attach().breakHost(host);
        System.out.println(host + " has no power");
    }

    @Command(description = "A power loss of a witness.")
    void witness(@Parameters(paramLabel = "WITNESS", description = "w1, ...") String witness) {
        Lab.attach().breakWitness(witness);
        System.out.println(witness + " has no power");
    }

    @Command(description = "Kills an agent alone (SIGKILL); its VMs live on and its supervisor starts it again.")
    void agent(
            @Parameters(paramLabel = "NODE", description = "h1, h2, ..., w1, ...") String node,
            @Option(names = "--stay-dead", description = "Keep it dead until it is repaired.") boolean stayDead) {
        Lab.attach().breakAgent(node, stayDead);
        System.out.println("the agent of " + node + (stayDead ? " is dead" : " was killed and is started again"));
    }

    @Command(description = "Silences all links between two nodes: what is sent disappears, and nobody is told.")
    void link(
            @Parameters(
                            paramLabel = "A-B",
                            converter = LinkName.Converter.class,
                            description = "Two nodes, as in h1-h2")
                    LinkName link,
            @Option(names = "--one-way", description = "Only what A sends to B disappears.") boolean oneWay) {
        if (oneWay) {
            Lab.attach().silenceLink(link.from(), link.to());
            System.out.println(link.to() + " hears nothing from " + link.from());
        } else {
            Lab.attach().breakLink(link.from(), link.to());
            System.out.println(link.from() + " and " + link.to() + " hear nothing from each other");
        }
    }
}
