package understudy.lab;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import understudy.model.Problem;

/// `understudy lab break`.
@Command(
        name = "break",
        description = "Breaks a part of the lab, for real; `lab repair` mends it.",
        synopsisSubcommandLabel = "WHAT",
        commandListHeading = "%nWHAT is one of:%n")
final class LabBreakCommand {
    @Command(
            description = {
                "A power loss: the host's links fall silent, then all its processes are killed.",
                "Nothing says goodbye; what was in its memory is gone, and what its disk had not been told to sync."
            })
    void host(@Parameters(paramLabel = "HOST", description = Node.HOSTS_EXPLAINED) String host) {
        Lab.attach().breakHost(host);
        System.out.println(host + " has no power");
    }

    @Command(description = "A power loss of a witness.")
    void witness(@Parameters(paramLabel = "WITNESS", description = Node.WITNESSES_EXPLAINED) String witness) {
        Lab.attach().breakWitness(witness);
        System.out.println(witness + " has no power");
    }

    @Command(description = "Kills an agent alone (SIGKILL); its VMs live on and its supervisor starts it again.")
    void agent(
            @Parameters(paramLabel = "NODE", description = Node.EXPLAINED) String node,
            @Option(names = "--stay-dead", description = "Keep it dead until it is repaired.") boolean stayDead) {
        Lab.attach().breakAgent(node, stayDead);
        System.out.println("the agent of " + node + (stayDead ? " is dead" : " was killed and is started again"));
    }

    @Command(
            description = {
                "Lets a host's disk for volumes fail; the kernel does it, so every program sees it.",
                "error: every read and write fails with EIO, and what was not synced is gone.",
                "hang: whoever writes, or reads what is not cached, waits without end; SIGKILL ends no such writer.",
                "full: no block is free.",
                "corrupt: bits of what was written are flipped, and nobody is told; there is nothing to repair."
            })
    void disk(
            @Parameters(paramLabel = "HOST", description = Node.HOSTS_EXPLAINED) String host,
            @Option(
                            names = "--how",
                            required = true,
                            paramLabel = "HOW",
                            converter = DiskFault.Word.class,
                            completionCandidates = DiskFault.Word.class,
                            description = "One of ${COMPLETION-CANDIDATES}.")
                    DiskFault how,
            @Option(
                            names = "--blocks",
                            paramLabel = "N",
                            defaultValue = "8",
                            description =
                                    "corrupt: in how many blocks of 4 KiB a bit is flipped, 1 to 65536 (default: 8).")
                    int blocks,
            @Option(
                            names = "--seed",
                            paramLabel = "N",
                            description = "corrupt: decides which; with the same files the same (default: any).")
                    Optional<Long> seed) {
        if (how == DiskFault.CORRUPT) {
            corrupt(host, blocks, seed.orElseGet(System::nanoTime));
        } else {
            Lab.attach().breakDisk(host, how);
            System.out.println("the disk of " + host + " fails: " + how.word());
        }
    }

    private static void corrupt(String host, int blocks, long seed) {
        if (blocks < 1 || blocks > BitRot.MOST_BLOCKS) {
            throw Problem.of(
                            "bad-value",
                            "--blocks %d is not 1 to %d".formatted(blocks, BitRot.MOST_BLOCKS),
                            "Choose another number")
                    .refused();
        }
        List<BitFlip> flips = Lab.attach().corruptDisk(host, blocks, seed);
        flips.forEach(flip -> System.out.printf("%s: byte %d, bit %d%n", flip.file(), flip.offset(), flip.bit()));
        System.out.printf("%d bits on the disk of %s are flipped (--seed %d)%n", flips.size(), host, seed);
    }

    @Command(description = "Silences all links between two nodes: what is sent disappears, and nobody is told.")
    void link(
            @Parameters(paramLabel = "A-B", converter = LinkName.Converter.class, description = LinkName.EXPLAINED)
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

    @Command(
            name = "peer-link",
            description = {
                "Cuts one of the parallel peer links of two nodes: it carries nothing, and nobody is told.",
                "Two hosts have two; `lab break link` cuts all that there are."
            })
    void peerLink(
            @Parameters(paramLabel = "A-B", converter = LinkName.Converter.class, description = LinkName.EXPLAINED)
                    LinkName link,
            @Option(
                            names = "--index",
                            paramLabel = "N",
                            defaultValue = "0",
                            description = "Which of them, from 0 (default: 0).")
                    int index) {
        Lab.attach().breakPeerLink(link.from(), link.to(), index);
        System.out.println(new Fault.DeadLink(link.from(), link.to(), index).words());
    }

    @Command(description = "Parts a host from the LAN that guests use: its cable is pulled.")
    void uplink(
            @Parameters(paramLabel = "HOST", description = Node.HOSTS_EXPLAINED) String host,
            @Option(
                            names = "--silent",
                            description = "The network card still says that it is connected, as behind a dead switch.")
                    boolean isSilent) {
        Lab.attach().breakUplink(host, isSilent);
        System.out.println(new Fault.DeadUplink(host, isSilent).words());
    }

    @Command(description = "A power loss of a whole site: all its hosts and witnesses at one moment.")
    void site(@Parameters(paramLabel = "SITE", description = "s1, ...; `lab status` shows who is where.") String site) {
        Lab.attach().breakSite(site);
        System.out.println("site " + site + " has no power");
    }

    @Command(name = "switch", description = "The LAN's switch passes nothing on, between hosts and client.")
    void lanSwitch() {
        Lab.attach().breakSwitch();
        System.out.println(new Fault.DeadSwitch().words());
    }
}
