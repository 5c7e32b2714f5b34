package understudy.api;

import java.time.Instant;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.VmName;

/// Something that happened.
///
/// @param sequence 1 or more; rises on the host that answers, over restarts of its agent, too: a follower comes
///                 back with the last one that it got. Another host may number the same events differently
/// @param time     by the clock of `host`
/// @param host     where it was noticed
/// @param vm       what it is about, if it is about one VM
/// @param kind     stable lower-case words with dashes, for programs
/// @param text     one sentence for people
public record Event(
        long sequence, Instant time, HostName host, Optional<VmName> vm, String kind, Severity severity, String text) {
    public Event {
        if (sequence < 1) {
            throw new IllegalArgumentException("event " + sequence);
        }
        if (kind.isEmpty()
                || !kind.chars().allMatch(c -> c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            throw new IllegalArgumentException("event kind '" + kind + "': lower-case words with dashes");
        }
    }

    /// Who has to care.
    public enum Severity {
        /// State changed.
        INFO,
        /// Redundancy is reduced.
        WARNING,
        /// Somebody must act.
        ERROR
    }
}
