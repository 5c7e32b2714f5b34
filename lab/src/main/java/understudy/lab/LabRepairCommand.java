package understudy.lab;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `understudy lab repair`. What is not broken stays as it is.
@Command(
        name = "repair",
        description = "Mends what `lab break` broke.",
        synopsisSubcommandLabel = "WHAT",
        commandListHeading = "%nWHAT is one of:%n")
final class LabRepairCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to repair");
    }

    @Command(description = "Gives a host its power back: it boots, with its data folder and with nothing in memory.")
    void host(@Parameters(paramLabel = "HOST", description = "h1, h2, ...") String host) {
        Lab.attach().repairHost(host);
        System.out.println(host + " has power");
    }

    @Command(description = "Gives a witness its power back.")
    void witness(@Parameters(paramLabel = "WITNESS", description = "w1, ...") String witness) {
        Lab.attach().repairWitness(witness);
        System.out.println(witness + " has power");
    }

    @Command(description = "Lets a dead agent be started again.")
    void agent(@Parameters(paramLabel = "NODE", description = "h1, h2, ..., w1, ...") String node) {
        Lab.attach().repairAgent(node);
        System.out.println("the agent of " + node + " is started");
    }

    @Command(description = "Lets two nodes hear each other again.")
    void link(
            @Parameters(
                            paramLabel = "A-B",
                            converter = LinkName.Converter.class,
                            description = "Two nodes, as in h1-h2")
                    LinkName link,
            @Option(names = "--one-way", description = "Only what A sends to B.") boolean oneWay) {
        Lab lab = Lab.attach();
        lab.repairLink(link.from(), link.to());
        if (!oneWay) {
            lab.repairLink(link.to(), link.from());
        }
        System.out.println(link.to() + " hears " + link.from() + " again");
    }
}
