package understudy.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.KernelFeatures;
import understudy.model.Problem;

/// `understudyd --config FILE`: the daemon of a host or witness. `understudyd --rehearse` starts one alone on
/// loopback and ends it, so that the JVM can record what a start needs and later ones are quick.
public final class AgentMain {
    private static final Logger LOG = LoggerFactory.getLogger(AgentMain.class);
    private static final int EXIT_USAGE = 2;
    private static final int EXIT_BROKEN = 70;

    /// QEMU, which is asked what it can do, has 20 s of it. On two processors with thirty times as much to do the
    /// slowest start has taken 34 s.
    private static final Duration START_MAX = Duration.ofSeconds(60);

    private AgentMain() {}

    /// @param words `--config FILE` or `--rehearse`
    public static void main(String[] words) throws InterruptedException {
        if (words.length == 1 && words[0].equals("--rehearse")) {
            rehearse();
            return;
        }
        if (words.length != 2 || !words[0].equals("--config")) {
            System.err.println("usage: understudyd --config FILE");
            System.exit(EXIT_USAGE);
        }
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            LOG.error("{} failed; the agent ends, its guests live on", thread.getName(), failure);
            Runtime.getRuntime().halt(EXIT_BROKEN);
        });
        // Its peers hear it from early on: one that hung here would look like a host that does nothing.
        Runnable started = LastResort.unlessDone("the agent's start", START_MAX);
        try {
            Agent agent = start(AgentConfig.read(Path.of(words[1])));
            started.run();
            Runtime.getRuntime().addShutdownHook(new Thread(agent::close, "shutdown"));
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("understudyd: " + e.getMessage());
            System.exit(1);
        } catch (Problem.Refused refused) {
            System.err.println("understudyd: " + refused.problem().message());
            System.err.println("what to do: " + refused.problem().correction());
            System.exit(1);
        }
        new CountDownLatch(1).await();
    }

    private static void rehearse() throws InterruptedException {
        try {
            Rehearsal.run();
            System.exit(0);
        } catch (IOException e) {
            System.err.println("understudyd: " + e.getMessage());
            System.exit(1);
        }
    }

    /// A host that lacks something is told so now, and not when the first guest is to be protected.
    private static Agent start(AgentConfig config) throws IOException {
        if (!config.isWitness()) {
            KernelFeatures.check().stream()
                    .flatMap(finding -> finding.problem().stream())
                    .findFirst()
                    .ifPresent(problem -> {
                        throw problem.refused();
                    });
        }
        return new Agent(config);
    }
}
