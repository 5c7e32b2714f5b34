package understudy.protocol;

import java.util.List;
import java.util.UUID;

/// Decides which epochs a standby takes into its image.
///
/// The intuition: an image is only ever the whole of some epoch of one stream. What arrives is taken if it is
/// the very next epoch of that stream, whole, and of a view that is not older than the stream's; anything else
/// ends the stream, and the active starts again with a copy of everything. Nothing is repaired in place: a
/// sender that is confused about one epoch cannot be trusted about the next.
///
/// Order of effects: an epoch is confirmed once all of it is held in memory here, before it is applied to the
/// image, because the guest's clients wait for the confirmation; whoever resumes the image applies all that was
/// confirmed first.
///
/// Invariant: confirmed epochs of a stream are 1, 2, 3 … without a gap, and nothing is confirmed after the
/// stream was closed.
public final class EpochReceiver {

    public sealed interface State {

        /// @param stream names both lives of the stream: sender's and receiver's
        /// @param view   the newest view that the sender named
        /// @param next   the epoch that is taken next
        record Open(UUID stream, long view, long next) implements State {}

        record Closed() implements State {}
    }

    public sealed interface Input {
        record Opened(UUID stream, long view) implements Input {}

        /// @param sound whether all of it arrived and its checksum holds
        record EpochArrived(UUID stream, long view, long epoch, boolean sound) implements Input {}

        record Closed() implements Input {}
    }

    public sealed interface Effect {
        /// Tell the sender that the epoch is held here.
        record Confirm(long epoch) implements Effect {}

        /// Bring the epoch into the image.
        record Apply(long epoch) implements Effect {}

        /// End the stream; nothing of this epoch is taken.
        record Refuse(String reason) implements Effect {}
    }

    public Step<State, Effect> step(State state, Input input) {
        return switch (input) {
            case Input.Opened(UUID stream, long view) -> Step.of(new State.Open(stream, view, 1));
            case Input.Closed() -> Step.of(new State.Closed());
            case Input.EpochArrived epoch ->
                switch (state) {
                    case State.Open open -> arrived(open, epoch);
                    case State.Closed closed -> Step.of(closed, new Effect.Refuse("the stream is closed"));
                };
        };
    }

    private static Step<State, Effect> arrived(State.Open open, Input.EpochArrived it) {
        String wrong = wrong(open, it);
        if (!wrong.isEmpty()) {
            return Step.of(new State.Closed(), new Effect.Refuse(wrong));
        }
        State next = new State.Open(open.stream, it.view, open.next + 1);
        return new Step<>(next, List.of(new Effect.Confirm(it.epoch), new Effect.Apply(it.epoch)));
    }

    private static String wrong(State.Open open, Input.EpochArrived it) {
        if (!it.stream.equals(open.stream)) {
            return "epoch " + it.epoch + " is of another stream";
        }
        if (it.view < open.view) {
            return "epoch %d is of view %d, older than %d".formatted(it.epoch, it.view, open.view);
        }
        if (it.epoch < open.next) {
            return "epoch " + it.epoch + " arrived twice";
        }
        if (it.epoch > open.next) {
            return "epoch %d arrived where %d was due".formatted(it.epoch, open.next);
        }
        return it.sound ? "" : "epoch " + it.epoch + " arrived torn";
    }
}
