package understudy.cli;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import understudy.api.Resync;
import understudy.api.Scrub;
import understudy.api.VolumeStatus;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.VolumeReplica;

/// How volumes look to people.
final class VolumeText {
    private static final int BAR_WIDTH = 24;

    private VolumeText() {}

    static String volumes(Collection<VolumeStatus> volumes) {
        if (volumes.isEmpty()) {
            return "no volumes; understudy vm create --disk makes one";
        }
        Table table = new Table("VM", "DISK", "SIZE", "STATE", "IN SYNC");
        volumes.forEach(volume -> table.row(
                volume.vm(), volume.name(), Text.size(volume.size()), state(volume), Text.joined(inSync(volume))));
        return table.toString();
    }

    static String volume(VolumeStatus volume) {
        Facts facts = new Facts()
                .with("vm", volume.vm())
                .with("disk", volume.name())
                .with("size", Text.size(volume.size()))
                .with("state", state(volume) + (volume.reason().isEmpty() ? "" : ": " + volume.reason()))
                .with("in sync", Text.joined(inSync(volume)));
        volume.replicas().forEach(replica -> facts.with("on " + replica.host(), replica.id()));
        volume.resync().ifPresent(resync -> add(facts, resync, volume.progress()));
        volume.scrub().ifPresent(scrub -> facts.with("scrub", sentence(scrub)));
        return facts.with("id", volume.id()).toString();
    }

    /// In a line among those of its VM.
    static String line(VolumeStatus disk) {
        return "%s, %s on %s".formatted(Text.size(disk.size()), state(disk), Text.joined(inSync(disk)));
    }

    static String scrubs(Collection<VolumeStatus> volumes) {
        return volumes.stream()
                .map(volume -> "%s %s: %s"
                        .formatted(
                                volume.vm(),
                                volume.name(),
                                volume.scrub().map(VolumeText::sentence).orElse("the scrub begins")))
                .collect(Collectors.joining("\n"));
    }

    /// The state, and how far a copy is.
    private static String state(VolumeStatus volume) {
        return volume.state()
                + volume.progress().map(share -> " " + Text.percent(share)).orElse("");
    }

    private static List<HostName> inSync(VolumeStatus volume) {
        return volume.replicas().stream()
                .filter(VolumeReplica::inSync)
                .map(VolumeReplica::host)
                .toList();
    }

    private static void add(Facts facts, Resync resync, Optional<Double> progress) {
        String terms = (resync.paused() ? "paused" : "")
                + resync.limit()
                        .map(limit -> (resync.paused() ? ", " : "") + "at most " + Text.size(limit) + " a second")
                        .orElse("");
        if (resync.to().isEmpty()) {
            if (!terms.isEmpty()) {
                facts.with("resync", "nothing is copied; " + terms);
            }
            return;
        }
        facts.with(
                "resync",
                "%s to %s%s%s"
                        .formatted(
                                bar(progress.orElse(0.0)),
                                resync.to().get(),
                                resync.full() ? ", of everything" : "",
                                terms.isEmpty() ? "" : "; " + terms));
        facts.with(
                "left",
                "%s, %s a second%s"
                        .formatted(
                                Text.size(resync.left()),
                                Text.size(new ByteSize(Math.max(0, resync.bytesPerSecond()))),
                                resync.secondsLeft()
                                        .map(seconds -> ", about " + time(Duration.ofSeconds(seconds)))
                                        .orElse("")));
        facts.with("copied", Text.size(resync.copied()));
    }

    private static String bar(double share) {
        int full = (int) Math.round(share * BAR_WIDTH);
        return "[" + "#".repeat(full) + "-".repeat(BAR_WIDTH - full) + "] " + Text.percent(share);
    }

    private static String time(Duration left) {
        if (left.toHours() > 0) {
            return "%d h %d min".formatted(left.toHours(), left.toMinutesPart());
        }
        return left.toMinutes() > 0
                ? "%d min %d s".formatted(left.toMinutes(), left.toSecondsPart())
                : left.toSeconds() + " s";
    }

    private static String sentence(Scrub scrub) {
        String when = scrub.ended().map(Object::toString).orElse("under way, " + Text.percent(scrub.progress()));
        if (!scrub.trouble().isEmpty()) {
            return when + ": came to no end: " + scrub.trouble();
        }
        if (scrub.ended().isEmpty()) {
            return when;
        }
        String compared = scrub.compared() ? "both replicas" : "the one replica in sync";
        return scrub.found() == 0
                ? "%s: %s read, no block corrupt".formatted(when, compared)
                : "%s: %s read; %d blocks corrupt on %s, %d on the other host, %d differed; %d mended, %d without a good copy"
                        .formatted(
                                when,
                                compared,
                                scrub.corrupt(),
                                scrub.host(),
                                scrub.peer(),
                                scrub.differing(),
                                scrub.found() - scrub.unmended(),
                                scrub.unmended());
    }
}
