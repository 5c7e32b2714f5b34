package understudy.protocol;

import java.time.Duration;
import java.util.Optional;
import understudy.model.Life;
import understudy.model.Moment;

/// What the view machine knows of the VM's other host.
public sealed interface PeerState {

    /// Nothing was heard of it in this life.
    record Unknown(Moment since) implements PeerState {}

    /// It was heard of, in this life of its agent.
    record Up(Life life) implements PeerState {}

    /// It fell silent ([PeerWatch]).
    ///
    /// @param closed    whether its kernel lived when it did, so that its agent may be back soon
    /// @param elsewhere when another agent heard it last, as far as that is known here
    record Lost(Moment since, boolean closed, Optional<Moment> elsewhere) implements PeerState {
        /// Heard nowhere.
        public Lost(Moment since, boolean closed) {
            this(since, closed, Optional.empty());
        }
    }

    /// Whether it was heard of and then has been lost for at least `time`.
    default boolean isLostFor(Duration time, Moment now) {
        return this instanceof Lost(Moment since, var _, var _)
                && now.since(since).compareTo(time) >= 0;
    }

    /// Whether another agent has heard it within that time.
    default boolean isHeardElsewhere(Duration within, Moment now) {
        return this instanceof Lost(var _, var _, Optional<Moment> elsewhere)
                && elsewhere.filter(at -> now.since(at).compareTo(within) < 0).isPresent();
    }

    /// What another agent says of it counts while it is lost here.
    default PeerState heardElsewhere(Moment at) {
        return this instanceof Lost(Moment since, boolean closed, Optional<Moment> before)
                        && before.filter(it -> it.compareTo(at) >= 0).isEmpty()
                ? new Lost(since, closed, Optional.of(at))
                : this;
    }

    /// Whether nothing has been heard of it for at least `time`, be it that it never was.
    default boolean isSilentFor(Duration time, Moment now) {
        return switch (this) {
            case Up _ -> false;
            case Unknown(Moment since) -> now.since(since).compareTo(time) >= 0;
            case Lost(Moment since, var _, var _) -> now.since(since).compareTo(time) >= 0;
        };
    }
}
