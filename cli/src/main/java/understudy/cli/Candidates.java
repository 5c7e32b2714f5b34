package understudy.cli;

import java.util.Arrays;
import java.util.Iterator;
import understudy.model.CrashReaction;
import understudy.model.Hardware.Clock;
import understudy.model.Hardware.Devices;
import understudy.model.Level;
import understudy.model.PlacementRule;
import understudy.model.Policy;
import understudy.model.VolumeSpec.Image.Format;
import understudy.model.WatchdogReaction;

/// The words that the shell offers for an option's value. The library would offer the names of Java's constants.
final class Candidates {
    private Candidates() {}

    static final class Levels implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Level.values()).map(Level::toString).iterator();
        }
    }

    static final class Switches implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(HostCommand.Switch.values())
                    .map(HostCommand.Switch::toString)
                    .iterator();
        }
    }

    static final class Rules implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(PlacementRule.Kind.values())
                    .map(PlacementRule.Kind::toString)
                    .iterator();
        }
    }

    static final class Policies implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Policy.values()).map(Policy::toString).iterator();
        }
    }

    static final class CrashReactions implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(CrashReaction.values())
                    .map(CrashReaction::toString)
                    .iterator();
        }
    }

    static final class WatchdogReactions implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(WatchdogReaction.values())
                    .map(WatchdogReaction::toString)
                    .iterator();
        }
    }

    static final class DeviceKinds implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Devices.values()).map(Devices::toString).iterator();
        }
    }

    static final class Clocks implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Clock.values()).map(Clock::toString).iterator();
        }
    }

    static final class ImageFormats implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Format.values()).map(Format::toString).iterator();
        }
    }

    static final class Outputs implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Output.values()).map(Output::toString).iterator();
        }
    }
}
