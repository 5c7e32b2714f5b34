package understudy.lab;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import understudy.api.HandOver;
import understudy.model.ByteSize;

/// `understudy lab`: commands over [Lab]. Errors are [understudy.model.Problem.Refused], for the root command
/// to print.
@Command(
        name = "lab",
        header = "Make a cluster on this machine, and break parts of it.",
        description = {
            "Hosts, a witness, networks and a client, each in namespaces of its own. Faults are real. Needs root.",
            "There is one lab a machine; other commands find its cluster by themselves."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  understudy lab up",
            "  understudy vm create web-1 --level system --memory 256M ...",
            "  understudy lab break host h1      # a power loss: the VM goes on on h2",
            "  understudy lab repair host h1     # and is protected again",
            "  understudy lab down"
        },
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            LabCommand.Up.class,
            LabCommand.Down.class,
            LabStatusCommand.class,
            LabCommand.Guest.class,
            LabCommand.Exec.class,
            LabBreakCommand.class,
            LabRepairCommand.class,
            LabCommand.Pause.class,
            LabCommand.Resume.class,
            LabCommand.Shutdown.class
        })
public final class LabCommand {
    static Progress progress() {
        return new Progress(System.err);
    }

    @Command(
            name = "up",
            description = {
                "Makes the lab and waits until its cluster is ready.",
                "Every host and witness has its own network, PID and mount namespace and its own shared memory."
            })
    static final class Up implements Runnable {
        @Option(
                names = "--hosts",
                defaultValue = "2",
                paramLabel = "N",
                description = "How many hosts, 1 to 16 (default: 2).")
        private int hosts = 2;

        @Option(
                names = "--witnesses",
                defaultValue = "1",
                paramLabel = "N",
                description = "How many witnesses, 0 to 3 (default: 1).")
        private int witnesses = 1;

        @Option(
                names = "--sites",
                defaultValue = "1",
                paramLabel = "N",
                description = {
                    "Over how many sites, s1, s2, ..., the nodes are spread (default: 1). Hosts take turns;",
                    "of three or more sites the last one is the witnesses' alone, of two it has the witness, too."
                })
        private int sites = 1;

        @Option(
                names = "--disk",
                paramLabel = "SIZE",
                description = {
                    "Size of each host's disk for volumes, 64M to 1T (default: 8G).",
                    "It takes room only as it is written."
                })
        private ByteSize disk = LabPlan.USUAL_DISK;

        @Option(
                names = "--pair-after",
                paramLabel = "SECONDS",
                description = {
                    "For how long a host is away before another one takes its place in VMs, 10 or more;",
                    "0 for never (default: 1800). Of use with three hosts or more."
                })
        private Optional<Integer> pairAfter = Optional.empty();

        @Override
        public void run() {
            LabPlan plan = new LabPlan(hosts, witnesses, NodeProgram.agent(Installation.find()));
            AgentOptions options =
                    pairAfter.map(AgentOptions.NONE::withPairAfter).orElse(AgentOptions.NONE);
            Lab.up(plan.atSites(sites).with(disk).with(options), progress());
        }
    }

    @Command(
            name = "down",
            description =
                    "Ends the lab and deletes all of it, its VMs and data included; also what a crash left behind.")
    static final class Down implements Runnable {
        @Override
        public void run() {
            Lab.down();
            System.out.println("no lab is up");
        }
    }

    @Command(
            name = "guest",
            description = {
                "Builds the lab guest if need be and prints the paths of its kernel and initrd, one a line.",
                "It takes its address from the kernel command line: address=10.77.0.10/24 console=ttyS0"
            })
    static final class Guest implements Runnable {
        @ArgGroup
        private Other other = new Other();

        /// Instead of the usual one.
        private static final class Other {
            @Option(
                    names = "--tools",
                    description = "Of the guest that also has this machine's fio, mkfs.ext4 and e2fsck; give it 384M.")
            private boolean hasTools;

            @Option(
                    names = "--debian",
                    description = {
                        "Of Debian with PostgreSQL, made from Debian's packages the first time: it boots from its",
                        "disk, whose path is printed, and has the address " + DebianGuest.ADDRESS + "; give it 512M."
                    })
            private boolean isDebian;
        }

        @Override
        public void run() {
            if (other.isDebian) {
                DebianBuild build = new DebianBuild(Installation.cacheFolder(), progress());
                System.out.println(build.guest().disk());
                return;
            }
            GuestBuild build = new GuestBuild(Installation.cacheFolder(), progress());
            LabGuest guest = other.hasTools ? build.guestWithTools() : build.guest();
            System.out.println(guest.kernel());
            System.out.println(guest.initrd());
        }
    }

    @Command(
            name = "exec",
            description = "Runs a command in a node, or in the client's network; its exit code is this one's.",
            footerHeading = "%nExample:%n",
            footer = "  understudy lab exec client -- busybox ping -c 3 10.77.0.10")
    static final class Exec implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "NODE", description = "client, h1, h2, ..., w1, ...")
        private String node = "";

        @Parameters(index = "1..*", arity = "1..*", paramLabel = "CMD", description = "The command and its words.")
        private List<String> command = List.of();

        @Override
        public Integer call() throws IOException, InterruptedException {
            List<String> inside = Lab.attach().inside(node, command);
            return new ProcessBuilder(inside).inheritIO().start().waitFor();
        }
    }

    @Command(name = "pause", description = "Stops an agent where it stands (SIGSTOP), as an overloaded machine would.")
    static final class Pause implements Runnable {
        @Parameters(index = "0", paramLabel = "WHAT", description = "agent: there is nothing else to pause.")
        private Pausable what = Pausable.agent;

        @Parameters(index = "1", paramLabel = "NODE", description = Node.EXPLAINED)
        private String node = "";

        @Override
        public void run() {
            switch (what) {
                case agent -> Lab.attach().pauseAgent(node);
            }
        }
    }

    @Command(name = "resume", description = "Lets a paused agent go on.")
    static final class Resume implements Runnable {
        @Parameters(index = "0", paramLabel = "WHAT", description = "agent: there is nothing else to pause.")
        private Pausable what = Pausable.agent;

        @Parameters(index = "1", paramLabel = "NODE", description = Node.EXPLAINED)
        private String node = "";

        @Override
        public void run() {
            switch (what) {
                case agent -> Lab.attach().resumeAgent(node);
            }
        }
    }

    @Command(
            name = "shutdown",
            header = "Shuts a host down as an administrator does.",
            description = {
                "First its VMs are moved to their standby hosts, as by `understudy host hand-over`; those that cannot",
                "be end with it. Then its agent and everything else of it get SIGTERM, and it has no power.",
                "A host that has what nobody else has, such as the only copy in sync of a disk, is not shut down.",
                "`lab repair host` boots it again."
            },
            footerHeading = "%nExample:%n",
            footer = "  understudy lab shutdown host h1")
    static final class Shutdown implements Runnable {
        @Parameters(index = "0", paramLabel = "WHAT", description = "host: nothing else shuts down.")
        private Stoppable what = Stoppable.host;

        @Parameters(index = "1", paramLabel = "HOST", description = Node.HOSTS_EXPLAINED)
        private String host = "";

        @Option(names = "--force", description = "Shut it down all the same.")
        private boolean force;

        @Override
        public void run() {
            HandOver.Report report = switch (what) {
                case host -> Lab.attach().shutdownHost(host, force, progress());
            };
            report.moved().forEach(vm -> System.out.printf("VM %s was moved away%n", vm));
            report.kept().forEach(vm -> System.out.printf("VM %s ended with %s: %s%n", vm.vm(), host, vm.reason()));
            System.out.println(host + " is shut down");
        }
    }

    /// In the case in which people type it.
    enum Stoppable {
        host
    }

    /// In the case in which people type it.
    enum Pausable {
        agent
    }
}
