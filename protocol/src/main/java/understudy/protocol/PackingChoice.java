package understudy.protocol;

import java.util.Locale;

/// Decides whether what a checkpoint stream sends is packed first.
///
/// The intuition: packing costs processor time here and there, and saves time on the link. Which is more depends on the
/// link, the processors and the guest, all of which change; so both ways are timed, per byte of what there is to send,
/// from when it could be sent until the standby has it. The quicker way is taken, and the other one tried once in
/// [#TRY_EVERY] messages.
///
/// Awkward cases: messages differ in length, and a short one costs more a byte, so times and bytes are summed up
/// before they are compared, the latest counting most. Where little is sent both ways take about as long; then
/// packing is better, since it burdens the link least. It is what a stream begins with, and the way changes only for
/// an advantage of a tenth.
public final class PackingChoice {
    /// Of so many messages one goes the other way.
    public static final int TRY_EVERY = 32;

    private final Mode mode;

    /// The names are part of an agent's configuration.
    public enum Mode {
        /// The quicker way.
        AUTO,
        ALWAYS,
        NEVER;

        /// @throws IllegalArgumentException with a text for people, if there is no such mode
        public static Mode parse(String text) {
            for (Mode mode : values()) {
                if (mode.toString().equals(text)) {
                    return mode;
                }
            }
            throw new IllegalArgumentException("'" + text + "' is none of auto, always, never");
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// How much of what a way has cost still counts when it is timed again: what is seldom timed is old.
    private static final double KEPT = 7 / 8.0;

    private static final double KEPT_OF_THE_OTHER = 1 / 2.0;
    private static final double ADVANTAGE = 0.9;

    /// What one way has cost: sums in which each message counts less than the one after it.
    ///
    /// @param nanos 0 or more
    /// @param bytes 0 before the first message
    public record Cost(double nanos, double bytes) {
        static final Cost UNKNOWN = new Cost(0, 0);

        Cost plus(long moreNanos, long moreBytes, boolean isTheWay) {
            double kept = isTheWay ? KEPT : KEPT_OF_THE_OTHER;
            return new Cost(kept * nanos + moreNanos, kept * bytes + moreBytes);
        }

        boolean isKnown() {
            return bytes > 0;
        }

        double perByte() {
            return nanos / bytes;
        }
    }

    /// @param packs  whether packing is the way that is taken
    /// @param plain  what it costs to send things as they are
    /// @param packed what it costs to send them packed
    /// @param count  messages that were begun
    public record State(boolean packs, Cost plain, Cost packed, long count) {}

    public PackingChoice(Mode mode) {
        this.mode = mode;
    }

    public State initial() {
        return new State(true, Cost.UNKNOWN, Cost.UNKNOWN, 0);
    }

    /// Whether the next message is to be packed.
    public boolean packsNext(State state) {
        if (mode != Mode.AUTO) {
            return mode == Mode.ALWAYS;
        }
        boolean tries = state.count % TRY_EVERY == TRY_EVERY - 1;
        return state.packs != tries;
    }

    /// A message was begun.
    public State begun(State state) {
        return new State(state.packs, state.plain, state.packed, state.count + 1);
    }

    /// The standby has a message.
    ///
    /// @param packed whether it was packed
    /// @param bytes  how long it would be as it is
    /// @param nanos  what it took
    public State arrived(State state, boolean packed, long bytes, long nanos) {
        boolean isTheWay = packed == state.packs;
        Cost plain = packed ? state.plain : state.plain.plus(nanos, bytes, isTheWay);
        Cost other = packed ? state.packed.plus(nanos, bytes, isTheWay) : state.packed;
        boolean packs = state.packs;
        if (plain.isKnown() && other.isKnown()) {
            packs = packs
                    ? plain.perByte() >= ADVANTAGE * other.perByte()
                    : other.perByte() < ADVANTAGE * plain.perByte();
        }
        return new State(packs, plain, other, state.count);
    }
}
