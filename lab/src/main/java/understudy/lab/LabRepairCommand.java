package understudy.lab;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `understudy lab repair`. What is not broken stays as it is.
@Command(
        name = "repair",
        description = "Mends what `lab break` broke.",
        synopsisSubcommandLabel = "WHAT",
        commandListHeading = "%nWHAT is one of:%n")
final class LabRepairCommand {
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

    @Command(
            description = {
                "Mends a host's disk for volumes.",
                "back: the disk that it has works again, with what it held; its files must be opened anew after an error.",
                "replaced: it gets a new, empty one; also if nothing is broken."
            })
    void disk(
            @Parameters(paramLabel = "HOST", description = "h1, h2, ...") String host,
            @Option(
                            names = "--how",
                            required = true,
                            paramLabel = "HOW",
                            converter = DiskRepair.Word.class,
                            completionCandidates = DiskRepair.Word.class,
                            description = "One of ${COMPLETION-CANDIDATES}.")
                    DiskRepair how) {
        Lab.attach().repairDisk(host, how);
        System.out.println("the disk of " + host + (how == DiskRepair.BACK ? " works" : " is new and empty"));
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
