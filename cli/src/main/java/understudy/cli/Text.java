package understudy.cli;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import understudy.api.Checkpoints;
import understudy.api.ClusterStatus;
import understudy.api.Event;
import understudy.api.ForceStartPlan;
import understudy.api.HandOver;
import understudy.api.HostStatus;
import understudy.api.VmStatus;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.Hardware;
import understudy.model.HostName;
import understudy.model.RestartLimit;

/// How the documents of the API look to people.
final class Text {
    private static final String UNITS = "KMGT";

    private Text() {}

    static String vms(Collection<VmStatus> vms) {
        if (vms.isEmpty()) {
            return "no VMs; understudy vm create --help says how to make one";
        }
        Table table = new Table("NAME", "LEVEL", "STATE", "PROTECTED", "ACTIVE", "STANDBY", "MEMORY", "CPUS", "VIEW");
        vms.forEach(vm -> table.row(
                vm.name(),
                vm.level(),
                vm.state(),
                yes(vm.isProtected()),
                name(vm.active()),
                name(vm.standby()),
                size(vm.memory()),
                vm.cpus(),
                vm.view()));
        return table.toString();
    }

    static String vm(VmStatus vm) {
        Facts facts = new Facts()
                .with("name", vm.name())
                .with("state", vm.state())
                .with("level", vm.level())
                .with("protected", yes(vm.isProtected()) + (vm.reason().isEmpty() ? "" : ": " + vm.reason()));
        vm.movingTo().ifPresent(host -> facts.with("moving to", host));
        vm.progress().ifPresent(share -> facts.with("first copy", percent(share)));
        facts.with("active", name(vm.active()))
                .with("standby", name(vm.standby()))
                .with("hosts", joined(vm.hosts()))
                .with("view", vm.view())
                .with("policy", vm.policy())
                .with("memory", size(vm.memory()))
                .with("cpus", vm.cpus())
                .with("nics", joined(vm.nics()))
                .with("machine", vm.machine())
                .with("cpu", vm.cpu())
                .with("id", vm.id());
        if (!vm.care().restartLimit().equals(RestartLimit.DEFAULT)) {
            facts.with("restart limit", vm.care().restartLimit());
        }
        vm.care().onCrash().ifPresent(reaction -> facts.with("on crash", reaction));
        vm.care().watchdog().ifPresent(reaction -> facts.with("watchdog", reaction));
        if (!vm.care().equals(vm.care().starting(Care.USUAL_ORDER, 0))) {
            facts.with(
                    "start order",
                    vm.care().startOrder() + ", after a delay of " + vm.care().startDelaySeconds() + " s");
        }
        addHardware(facts, vm.hardware());
        vm.disks().forEach(disk -> facts.with(disk.name(), VolumeText.line(disk)));
        vm.checkpoints().ifPresent(checkpoints -> add(facts, checkpoints));
        return facts.toString();
    }

    /// What is not as usual.
    private static void addHardware(Facts facts, Hardware hardware) {
        if (hardware.devices() != Hardware.DEFAULT.devices()) {
            facts.with("devices", hardware.devices());
        }
        if (hardware.screen()) {
            facts.with("screen", "yes");
        }
        if (hardware.clock() != Hardware.DEFAULT.clock()) {
            facts.with("clock", hardware.clock());
        }
        if (hardware.hyperV()) {
            facts.with("hyper-v", "yes");
        }
        hardware.cdrom().ifPresent(image -> facts.with("cd", "image " + image.substring(0, 12)));
    }

    private static void add(Facts facts, Checkpoints checkpoints) {
        facts.with("epoch", checkpoints.epoch())
                .with(
                        "checkpoints",
                        String.format(
                                Locale.ROOT,
                                "%.1f a second, %.0f pages and %s each",
                                checkpoints.perSecond(),
                                checkpoints.pagesPerCheckpoint(),
                                size(new ByteSize(Math.max(0, checkpoints.bytesPerCheckpoint())))))
                .with(
                        "pauses",
                        String.format(
                                Locale.ROOT,
                                "%.1f ms at p50, %.1f ms at p99, %s of the time",
                                checkpoints.pauseP50Millis(),
                                checkpoints.pauseP99Millis(),
                                percent(checkpoints.pausedShare())))
                .with("output waits", String.format(Locale.ROOT, "%.1f ms at p50", checkpoints.gateWaitP50Millis()))
                .with("dirtied", String.format(Locale.ROOT, "%.0f pages a second", checkpoints.dirtyPagesPerSecond()))
                .with(
                        "guest clock",
                        String.format(Locale.ROOT, "%.0f ms behind", checkpoints.guestClockBehindMillis()));
        if (checkpoints.verifiedPages() > 0 || checkpoints.verifyFailures() > 0) {
            facts.with(
                    "verified",
                    checkpoints.verifiedPages() + " pages, of which " + checkpoints.verifyFailures() + " differed");
        }
    }

    /// One line on how a VM is doing.
    static String sentence(VmStatus vm) {
        String where = vm.active().map(host -> " on " + host).orElse("");
        String how = switch (vm.state()) {
            case STOPPED -> "";
            case RUNNING -> (vm.isProtected() ? protection(vm) : ", not protected" + because(vm)) + moving(vm);
            case STARTING, PAUSED, FAILED -> because(vm);
        };
        return vm.name() + ": " + vm.state() + where + how;
    }

    private static String moving(VmStatus vm) {
        String copied = vm.progress()
                .filter(_ -> vm.isProtected())
                .map(share -> " (" + percent(share) + " copied)")
                .orElse("");
        return vm.movingTo().map(host -> ", moving to " + host + copied).orElse("");
    }

    private static String protection(VmStatus vm) {
        return ", protected" + vm.standby().map(host -> " by " + host).orElse("");
    }

    private static String because(VmStatus vm) {
        String reason = vm.reason().isEmpty() ? "" : ": " + vm.reason();
        return reason + vm.progress().map(share -> " (" + percent(share) + ")").orElse("");
    }

    /// What a forced start would cost, before it is confirmed.
    static String plan(ForceStartPlan plan) {
        StringBuilder text = new StringBuilder("%s would start on %s, from what that host has (the VM is in view %d).\n"
                .formatted(plan.vm(), plan.host(), plan.view()));
        plan.warnings().forEach(warning -> text.append("\n  - ").append(warning));
        return text.append('\n').toString();
    }

    static String hosts(Collection<HostStatus> hosts) {
        Table table = new Table(
                "NAME",
                "ROLE",
                "SITE",
                "STATE",
                "LEADER",
                "VMS",
                "CPUS",
                "MEMORY",
                "FREE",
                "QEMU",
                "SWITCH OFF",
                "URL");
        hosts.forEach(host -> table.row(
                host.name(),
                host.role(),
                host.site().orElse(""),
                host.state() + maintenance(host),
                yes(host.leader()),
                host.vms().size(),
                host.cpus(),
                size(host.memory()),
                size(host.memoryFree()),
                host.qemu() + (host.accelerator().isEmpty() ? "" : " " + host.accelerator()),
                host.obstacles().isEmpty() ? "may be" : "not now",
                host.url()));
        return table.toString();
    }

    static String handOver(HostName host, HandOver.Report report) {
        Table table = new Table("VM", "RESULT");
        report.moved().forEach(vm -> table.row(vm, "moved"));
        report.kept().forEach(vm -> table.row(vm.vm(), "stays: " + vm.reason()));
        boolean isEmpty = report.moved().isEmpty() && report.kept().isEmpty();
        return (isEmpty ? "no VM ran there\n" : table + "\n\n") + switchOff(host, report.obstacles());
    }

    private static String switchOff(HostName host, List<String> obstacles) {
        return obstacles.isEmpty()
                ? host + " may be switched off"
                : host + " should not be switched off now:\n  - " + String.join("\n  - ", obstacles);
    }

    private static String maintenance(HostStatus host) {
        return host.maintenance() ? ", in maintenance" : "";
    }

    static String host(HostStatus host) {
        return new Facts()
                .with("name", host.name())
                .with("role", host.role())
                .with("site", host.site().orElse(""))
                .with("state", host.state() + maintenance(host))
                .with("leads", yes(host.leader()))
                .with("url", host.url())
                .with("memory", size(host.memory()) + ", " + size(host.memoryFree()) + " free")
                .with("cpus", host.cpus())
                .with("qemu", host.qemu())
                .with("accelerator", host.accelerator())
                .with("vms", joined(host.vms()))
                .with(
                        "switch off",
                        host.obstacles().isEmpty() ? "may be" : "not now: " + String.join("; ", host.obstacles()))
                .toString();
    }

    static String status(ClusterStatus status) {
        return new Facts()
                .with("cluster", status.cluster())
                .with("ready", status.ready() ? "yes" : "no: no majority of the ledger answers")
                .with("answered by", status.node())
                .with("leader", name(status.leader()))
                .with("voters", joined(status.voters()))
                .with("hosts", status.hostsUp() + " of " + status.hosts() + " up")
                .with(
                        "vms",
                        "%d, of which %d running and %d protected"
                                .formatted(status.vms(), status.vmsRunning(), status.vmsProtected()))
                .with("alarms", status.alarms().isEmpty() ? "none" : String.join("; ", status.alarms()))
                .toString();
    }

    static String event(Event event) {
        return "%s  %-7s  %-4s  %s%s: %s"
                .formatted(
                        event.time(),
                        event.severity(),
                        event.host(),
                        event.vm().map(vm -> vm + "  ").orElse(""),
                        event.kind(),
                        event.text());
    }

    /// Exactly where a unit divides it, else rounded to a tenth of one.
    static String size(ByteSize size) {
        String exact = size.toString();
        boolean isPlain = Character.isDigit(exact.charAt(exact.length() - 1));
        if (isPlain ? size.bytes() < 1024 : exact.length() <= 5) {
            return exact;
        }
        int unit = Math.min(UNITS.length(), (63 - Long.numberOfLeadingZeros(size.bytes())) / 10);
        double scaled = (double) size.bytes() / (1L << (10 * unit));
        return String.format(Locale.ROOT, "%.1f%c", scaled, UNITS.charAt(unit - 1));
    }

    static String percent(double share) {
        return Math.round(share * 100) + " %";
    }

    private static String yes(boolean is) {
        return is ? "yes" : "no";
    }

    private static String name(Optional<HostName> host) {
        return host.map(HostName::value).orElse("");
    }

    static String joined(Collection<?> values) {
        return values.stream().map(Object::toString).collect(Collectors.joining(", "));
    }
}
