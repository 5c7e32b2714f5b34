package understudy.agent;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.Moment;

/// Has the operating system refuse to shut this host down while it has what nobody else has, unless somebody insists:
/// by an inhibitor lock of systemd's login manager, which `systemctl poweroff` shows with the reason.
///
/// The lock is held by a process of systemd's for as long as this agent holds that one's input open, so it ends with
/// the agent, however that ends. Where there is no login manager nothing is refused, and that is logged once.
///
/// Threads: one at a time.
final class ShutdownGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShutdownGuard.class);
    static final List<String> SYSTEMD = List.of("systemd-inhibit");
    private static final Duration TRY_AGAIN = Duration.ofMinutes(1);
    /// People read it in one line.
    private static final int REASONS_MAX = 3;

    private final List<String> program;
    private List<String> reasons = List.of();
    private Optional<Process> holder = Optional.empty();
    private Optional<Moment> failedAt = Optional.empty();
    private boolean told;

    /// @param program that takes the lock, usually [#SYSTEMD]
    ShutdownGuard(List<String> program) {
        this.program = List.copyOf(program);
    }

    /// To be told again and again.
    ///
    /// @param copies what nobody else has, a sentence each; empty for nothing
    void keep(List<String> copies, Moment now) {
        if (!copies.equals(reasons)) {
            release();
            reasons = List.copyOf(copies);
        }
        if (holder.filter(process -> !process.isAlive()).isPresent()) {
            failed(now, "it ended with " + holder.get().exitValue());
            holder = Optional.empty();
        }
        boolean isRecent =
                failedAt.filter(at -> now.since(at).compareTo(TRY_AGAIN) < 0).isPresent();
        if (!reasons.isEmpty() && holder.isEmpty() && !isRecent) {
            hold(now);
        }
    }

    private void hold(Moment now) {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of("--what=shutdown", "--mode=block", "--who=Understudy", "--why=" + why(), "cat"));
        try {
            holder = Optional.of(new ProcessBuilder(command)
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD)
                    .start());
        } catch (IOException e) {
            failed(now, DriverDesk.reason(e));
        }
    }

    private String why() {
        String some = String.join("; ", reasons.subList(0, Math.min(reasons.size(), REASONS_MAX)));
        return reasons.size() <= REASONS_MAX ? some : some + "; and " + (reasons.size() - REASONS_MAX) + " more";
    }

    private void failed(Moment now, String why) {
        failedAt = Optional.of(now);
        if (!told) {
            told = true;
            LOG.info("a shutdown of this host cannot be refused, although it has the last copy of something: {}", why);
        }
    }

    private void release() {
        holder.ifPresent(process -> {
            try {
                process.getOutputStream().close();
                if (!process.waitFor(1, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (IOException e) {
                process.destroyForcibly();
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        });
        holder = Optional.empty();
    }

    @Override
    public void close() {
        release();
    }
}
