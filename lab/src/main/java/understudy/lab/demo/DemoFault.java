package understudy.lab.demo;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import understudy.lab.Words;
import understudy.model.Level;

/// What a demonstration can break, and what this version promises of it at each level.
enum DemoFault {
    HOST,
    SHUTDOWN_HOST,
    AGENT,
    PAUSE_AGENT,
    DISK,
    UPLINK,
    PEER_LINK,
    PEER,
    LINK,
    WITNESS,
    SITE,
    ALL;

    /// What a level promises of a fault.
    sealed interface Promise {
        /// The guest goes on after a short wait, with its memory and its connections; and is protected again.
        record GoesOn() implements Promise {}

        /// The guest stays where it is; its client may have to wait, and loses nothing.
        record NothingHappens() implements Promise {}

        /// The guest goes on where it is, and its disks answer after a short wait, without an error.
        record DisksGoOn() implements Promise {}

        /// The guest is booted on the other host, and finds on its disk all that was durable.
        record BootsElsewhere() implements Promise {}

        /// Nothing that a demonstration could show yet.
        ///
        /// @param why in words
        record NotShown(String why) implements Promise {}
    }

    private static final Promise GOES_ON = new Promise.GoesOn();
    private static final Promise NOTHING_HAPPENS = new Promise.NothingHappens();
    private static final Promise DISKS_GO_ON = new Promise.DisksGoOn();
    private static final Promise BOOTS_ELSEWHERE = new Promise.BootsElsewhere();

    @JsonValue
    String word() {
        return Words.of(this);
    }

    /// @throws IllegalArgumentException of [#ALL], which is many
    Promise promiseAt(Level level) {
        return switch (level) {
            case SYSTEM ->
                switch (this) {
                    case HOST, SHUTDOWN_HOST, SITE, AGENT, PAUSE_AGENT -> GOES_ON;
                    case DISK, PEER_LINK, PEER, LINK, WITNESS -> NOTHING_HAPPENS;
                    case UPLINK -> notShown("this version does not redirect uplinks");
                    case ALL -> throw isMany();
                };
            case COMPONENT ->
                switch (this) {
                    case DISK, AGENT -> DISKS_GO_ON;
                    case HOST, SITE, PAUSE_AGENT -> BOOTS_ELSEWHERE;
                    case SHUTDOWN_HOST, PEER_LINK, PEER, LINK, WITNESS -> notShown("level system shows it");
                    case UPLINK -> notShown("this version does not redirect uplinks");
                    case ALL -> throw isMany();
                };
            case RESTART ->
                switch (this) {
                    case AGENT -> DISKS_GO_ON;
                    case HOST, SITE, PAUSE_AGENT, DISK -> BOOTS_ELSEWHERE;
                    case SHUTDOWN_HOST, PEER_LINK, PEER, LINK, WITNESS -> notShown("level system shows it");
                    case UPLINK -> notShown("this version does not redirect uplinks");
                    case ALL -> throw isMany();
                };
        };
    }

    boolean isShownAt(Level level) {
        return !(promiseAt(level) instanceof Promise.NotShown);
    }

    /// All single faults, in the order in which they are shown.
    static List<DemoFault> each() {
        return Arrays.stream(values()).filter(fault -> fault != ALL).toList();
    }

    /// What a demonstration goes through, one after the other: it, or each of all that the level shows.
    ///
    /// @param times how often
    List<DemoFault> shown(Level level, int times) {
        List<DemoFault> once = this == ALL
                ? each().stream().filter(fault -> fault.isShownAt(level)).toList()
                : List.of(this);
        return Collections.nCopies(times, once).stream().flatMap(List::stream).toList();
    }

    private static Promise notShown(String why) {
        return new Promise.NotShown(why);
    }

    private static IllegalArgumentException isMany() {
        return new IllegalArgumentException("all is no single fault");
    }

    /// Reads what a person typed, and offers what may be.
    static final class Word extends Words<DemoFault> {
        Word() {
            super(values());
        }
    }
}
