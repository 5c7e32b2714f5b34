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
    private static final String REINSTALLED =
            "With a new system disk: all that its agent kept is gone, but for its configuration.";

    @Command(description = "Gives a host its power back: it boots, with its data folder and with nothing in memory.")
    void host(
            @Parameters(paramLabel = "HOST", description = Node.HOSTS_EXPLAINED) String host,
            @Option(names = "--reinstalled", description = REINSTALLED + " Its disk for volumes stays.")
                    boolean isReinstalled) {
        Lab lab = Lab.attach();
        lab.topology().node(host, Role.HOST);
        if (isReinstalled) {
            lab.reinstall(host);
        } else {
            lab.repairHost(host);
        }
        System.out.println(host + " has power");
    }

    @Command(description = "Gives a witness its power back.")
    void witness(
            @Parameters(paramLabel = "WITNESS", description = Node.WITNESSES_EXPLAINED) String witness,
            @Option(names = "--reinstalled", description = REINSTALLED) boolean isReinstalled) {
        Lab lab = Lab.attach();
        lab.topology().node(witness, Role.WITNESS);
        if (isReinstalled) {
            lab.reinstall(witness);
        } else {
            lab.repairWitness(witness);
        }
        System.out.println(witness + " has power");
    }

    @Command(description = "Lets a dead agent be started again.")
    void agent(@Parameters(paramLabel = "NODE", description = Node.EXPLAINED) String node) {
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
            @Parameters(paramLabel = "HOST", description = Node.HOSTS_EXPLAINED) String host,
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
            @Parameters(paramLabel = "A-B", converter = LinkName.Converter.class, description = LinkName.EXPLAINED)
                    LinkName link,
            @Option(names = "--one-way", description = "Only what A sends to B.") boolean oneWay) {
        Lab lab = Lab.attach();
        lab.repairLink(link.from(), link.to());
        if (!oneWay) {
            lab.repairLink(link.to(), link.from());
        }
        System.out.println(link.to() + " hears " + link.from() + " again");
    }

    @Command(name = "peer-link", description = "Joins a peer link of two nodes again.")
    void peerLink(
            @Parameters(paramLabel = "A-B", converter = LinkName.Converter.class, description = LinkName.EXPLAINED)
                    LinkName link,
            @Option(
                            names = "--index",
                            paramLabel = "N",
                            defaultValue = "0",
                            description = "Which of them, from 0 (default: 0).")
                    int index) {
        Lab.attach().repairPeerLink(link.from(), link.to(), index);
        System.out.printf("peer link %d of %s and %s works%n", index, link.from(), link.to());
    }

    @Command(description = "Joins a host to the LAN again, however its uplink was broken.")
    void uplink(@Parameters(paramLabel = "HOST", description = Node.HOSTS_EXPLAINED) String host) {
        Lab.attach().repairUplink(host);
        System.out.println("the uplink of " + host + " works");
    }

    @Command(description = "Gives all hosts and witnesses of a site their power back.")
    void site(@Parameters(paramLabel = "SITE", description = "s1, ...; `lab status` shows who is where.") String site) {
        Lab.attach().repairSite(site);
        System.out.println("site " + site + " has power");
    }

    @Command(name = "switch", description = "Lets the LAN's switch pass on what it gets.")
    void lanSwitch() {
        Lab.attach().repairSwitch();
        System.out.println("the switch of the LAN works");
    }
}
