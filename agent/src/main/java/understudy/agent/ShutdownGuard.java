package understudy.agent;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.Moment;

/// Has the operating system refuse to shut this host down while it has what nobody else has, unless somebody insists:
/// by an inhibitor lock of systemd's login manager, which `systemctl poweroff` shows with the reason.
///
/// The lock is held by a process of systemd's for as long as this agent holds that one's input open, so it ends with
/// the agent, however that ends. Where there is no login manager nothing is refused, and that is logged once.
///
/// For any thread.
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
    private boolean isClosed;

    /// @param program that takes the lock, usually [#SYSTEMD]
    ShutdownGuard(List<String> program) {
        this.program = List.copyOf(program);
    }

    /// To be told again and again. Waits for nothing.
    ///
    /// @param copies what nobody else has, a sentence each; empty for nothing
    synchronized void keep(List<String> copies, Moment now) {
        if (isClosed) {
            return;
        }
        if (holder.filter(process -> !process.isAlive()).isPresent()) {
            failed(now, "it ended with " + holder.get().exitValue());
            holder = Optional.empty();
        }
        boolean isRecent =
                failedAt.filter(at -> now.since(at).compareTo(TRY_AGAIN) < 0).isPresent();
        boolean isOther = !copies.equals(reasons);
        reasons = List.copyOf(copies);
        if (isOther || (holder.isEmpty() && !isRecent)) {
            Optional<Process> before = holder;
            holder = reasons.isEmpty() ? Optional.empty() : hold(now);
            // Only then, so that there is no moment without a lock.
            before.ifPresent(ShutdownGuard::release);
        }
    }

    private Optional<Process> hold(Moment now) {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of("--what=shutdown", "--mode=block", "--who=Understudy", "--why=" + why(), "cat"));
        try {
            return Optional.of(new ProcessBuilder(command)
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD)
                    .start());
        } catch (IOException e) {
            failed(now, DriverDesk.reason(e));
            return Optional.empty();
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

    /// The process ends with its input.
    private static void release(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            process.destroyForcibly();
        }
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        holder.ifPresent(ShutdownGuard::release);
        holder = Optional.empty();
    }
}
