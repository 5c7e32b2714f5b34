package understudy.simulator.scenario;

import java.util.List;
import java.util.function.Function;
import understudy.model.Level;
import understudy.model.VmId;
import understudy.simulator.scenario.Phrase.Match;

/// All that a scenario file can say.
final class Phrases {
    private static final int COUNT_MAX = 1_000_000;

    static final List<Phrase<Command>> COMMANDS = List.of(
            command("power off site SITE", m -> new Command.PowerOff(m.cast().site(m.name(0)))),
            command(
                    "power off NODE...",
                    m -> new Command.PowerOff(
                            m.all().stream().map(m.cast()::node).toList())),
            command("power on site SITE", m -> new Command.PowerOn(m.cast().site(m.name(0)))),
            command(
                    "power on NODE...",
                    m -> new Command.PowerOn(
                            m.all().stream().map(m.cast()::node).toList())),
            command("shut down HOST", m -> new Command.ShutDown(m.cast().host(m.name(0)))),
            command("reboot HOST", m -> new Command.Reboot(m.cast().host(m.name(0)))),
            command("replace host HOST", m -> new Command.ReplaceHost(m.cast().host(m.name(0)))),
            command("cut off site SITE", m -> new Command.CutOff(m.cast().site(m.name(0)))),
            command(
                    "cut off NODE...",
                    m -> new Command.CutOff(m.all().stream().map(m.cast()::node).toList())),
            command(
                    "cut NODE from NODE",
                    m -> new Command.Cut(m.cast().node(m.name(0)), m.cast().node(m.name(1)))),
            command(
                    "cut NODE to NODE",
                    m -> new Command.CutOneWay(
                            m.cast().node(m.name(0)), m.cast().node(m.name(1)))),
            command("restore site SITE", m -> new Command.Restore(m.cast().site(m.name(0)))),
            command(
                    "restore NODE with NODE",
                    m -> new Command.RestoreBetween(
                            m.cast().node(m.name(0)), m.cast().node(m.name(1)))),
            command(
                    "restore NODE...",
                    m -> new Command.Restore(
                            m.all().stream().map(m.cast()::node).toList())),
            command("kill agent NODE", m -> new Command.KillAgent(m.cast().node(m.name(0)))),
            command("start agent NODE", m -> new Command.StartAgent(m.cast().node(m.name(0)))),
            command("restart agent NODE", m -> new Command.RestartAgent(m.cast().node(m.name(0)))),
            command("pause agent NODE", m -> new Command.PauseAgent(m.cast().node(m.name(0)))),
            command("resume agent NODE", m -> new Command.ResumeAgent(m.cast().node(m.name(0)))),
            command(
                    "crash guest VM",
                    m -> new Command.CrashGuest(vm(m), m.cast().vm(m.name(0)).name())),
            command("fail disk HOST", m -> new Command.FailDisk(m.cast().host(m.name(0)))),
            command("slow disk HOST", m -> new Command.SlowDisk(m.cast().host(m.name(0)))),
            command("hang disk HOST", m -> new Command.HangDisk(m.cast().host(m.name(0)))),
            command("repair disk HOST", m -> new Command.RepairDisk(m.cast().host(m.name(0)))),
            command("replace disk HOST", m -> new Command.ReplaceDisk(m.cast().host(m.name(0)))),
            command("start VM", m -> new Command.Start(vm(m))),
            command("force start of VM on HOST", Phrases::forceStart),
            command("stop VM", m -> new Command.Stop(vm(m))),
            command("enable VM", m -> new Command.Start(vm(m))),
            command("disable VM", m -> new Command.Stop(vm(m))),
            command("delete VM", m -> new Command.Delete(vm(m))),
            command(
                    "protect VM at LEVEL",
                    m -> new Command.Protect(vm(m), m.name(1).as(Level::parse, "Write one of them."))),
            command("switch over VM", m -> new Command.SwitchOver(vm(m))),
            command("relocate VM to HOST", Phrases::relocate),
            command("hand over HOST", m -> new Command.HandOver(m.cast().host(m.name(0)))),
            command("maintenance on HOST", m -> new Command.Maintain(m.cast().host(m.name(0)), true)),
            command("maintenance off HOST", m -> new Command.Maintain(m.cast().host(m.name(0)), false)));

    static final List<Phrase<Expectation>> EXPECTATIONS = List.of(
            expectation("all VMs are protected", _ -> new Expectation.AllProtected()),
            expectation("all VMs run", _ -> new Expectation.AllRun()),
            expectation("there is no takeover", _ -> new Expectation.AllTakeovers(0)),
            expectation("there is 1 takeover", _ -> new Expectation.AllTakeovers(1)),
            expectation("there are N takeovers", m -> new Expectation.AllTakeovers(count(m.name(0)))),
            expectation(
                    "VM runs alone on HOST",
                    m -> new Expectation.RunsAlone(vm(m), m.cast().host(m.name(1)))),
            expectation(
                    "VM runs on HOST",
                    m -> new Expectation.RunsOn(vm(m), m.cast().host(m.name(1)))),
            expectation("VM runs", m -> new Expectation.Runs(vm(m))),
            expectation("VM is protected", m -> new Expectation.Protected(vm(m), true)),
            expectation("VM is not protected", m -> new Expectation.Protected(vm(m), false)),
            expectation("VM has a solo grant", m -> new Expectation.HasSoloGrant(vm(m), true)),
            expectation("VM has no solo grant", m -> new Expectation.HasSoloGrant(vm(m), false)),
            expectation("VM is stopped", m -> new Expectation.Stopped(vm(m))),
            expectation("VM is deleted", m -> new Expectation.Deleted(vm(m))),
            expectation("VM answers", m -> new Expectation.Answers(vm(m), true)),
            expectation("VM is silent", m -> new Expectation.Answers(vm(m), false)),
            expectation("VM writes", m -> new Expectation.Writes(vm(m))),
            expectation("VM keeps its view", m -> new Expectation.KeepsView(vm(m))),
            expectation("VM has no takeover", m -> new Expectation.Takeovers(vm(m), 0)),
            expectation("VM has 1 takeover", m -> new Expectation.Takeovers(vm(m), 1)),
            expectation("VM has N takeovers", m -> new Expectation.Takeovers(vm(m), count(m.name(1)))),
            expectation("VM was not rebooted", m -> new Expectation.Boots(vm(m), 1)),
            expectation("VM has N boots", m -> new Expectation.Boots(vm(m), count(m.name(1)))));

    private Phrases() {}

    static Command command(Text text, Cast cast) {
        return Phrase.read(COMMANDS, "command", text, cast);
    }

    static Expectation expectation(Text text, Cast cast) {
        return Phrase.read(EXPECTATIONS, "expectation", text, cast);
    }

    private static Phrase<Command> command(String form, Function<Match, Command> meaning) {
        return new Phrase<>(form, meaning);
    }

    private static Phrase<Expectation> expectation(String form, Function<Match, Expectation> meaning) {
        return new Phrase<>(form, meaning);
    }

    private static VmId vm(Match match) {
        return match.cast().vm(match.name(0)).id();
    }

    private static int count(Text text) {
        return text.number("times", 0, COUNT_MAX);
    }

    private static Command forceStart(Match match) {
        return new Command.ForceStart(vm(match), match.cast().host(match.name(1)));
    }

    private static Command relocate(Match match) {
        return new Command.Relocate(
                match.cast().vm(match.name(0)).id(), match.cast().host(match.name(1)));
    }
}
