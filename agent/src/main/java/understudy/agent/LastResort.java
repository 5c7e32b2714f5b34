package understudy.agent;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends an agent that cannot do its work. Its supervisor starts it again, its guests live on, and the other hosts
/// handle the rest: a crash is a handled case. What its threads did is in the log.
final class LastResort {
    private static final Logger LOG = LoggerFactory.getLogger(LastResort.class);
    private static final int EXIT_BROKEN = 70;

    private LastResort() {}

    /// Returns never.
    static void end(String why) {
        StringBuilder stacks = new StringBuilder();
        for (Map.Entry<Thread, StackTraceElement[]> each :
                Thread.getAllStackTraces().entrySet()) {
            stacks.append("\n\"")
                    .append(each.getKey().getName())
                    .append("\" ")
                    .append(each.getKey().getState());
            for (StackTraceElement frame : each.getValue()) {
                stacks.append("\n    at ").append(frame);
            }
        }
        LOG.error("the agent ends, to be started again: {}{}", why, stacks);
        Runtime.getRuntime().halt(EXIT_BROKEN);
    }

    /// Ends the agent unless it is called off within the time.
    ///
    /// @return calls it off when it is run
    static Runnable unlessDone(String what, Duration time) {
        CountDownLatch done = new CountDownLatch(1);
        Thread.ofPlatform().daemon().name("watches-" + what.replace(' ', '-')).start(() -> {
            try {
                if (!done.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
                    end(what + " has taken more than " + time.toSeconds() + " s");
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        return done::countDown;
    }
}
