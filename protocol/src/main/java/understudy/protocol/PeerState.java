package understudy.protocol;

import java.time.Duration;
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
    /// @param closed whether its kernel lived when it did, so that its agent may be back soon
    record Lost(Moment since, boolean closed) implements PeerState {}

    /// Whether it was heard of and then has been lost for at least `time`.
    default boolean isLostFor(Duration time, Moment now) {
        return this instanceof Lost(Moment since, boolean _) && now.since(since).compareTo(time) >= 0;
    }

    /// Whether nothing has been heard of it for at least `time`, be it that it never was.
    default boolean isSilentFor(Duration time, Moment now) {
        return switch (this) {
            case Up _ -> false;
            case Unknown(Moment since) -> now.since(since).compareTo(time) >= 0;
            case Lost(Moment since, boolean _) -> now.since(since).compareTo(time) >= 0;
        };
    }
}
