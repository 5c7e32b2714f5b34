package understudy.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import understudy.api.ApiClient;
import understudy.api.RuleStatus;
import understudy.model.PlacementRule;
import understudy.model.Problem;
import understudy.model.VmName;

@Command(
        name = "rule",
        header = "Say which VMs are to be on different hosts, and which on the same.",
        description = {
            "A rule is for two VMs, by their names: said before they are created it decides where they begin. VMs that",
            "exist stay where they are; a host that takes the place of a lost one is one that suits the rules, if there",
            "is such a one. A VM goes on where it can, whatever the rules say: list shows which are broken by that."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy rule set apart dns-1 dns-2    # never both on the host that fails",
            "  understudy rule set together web-1 db-1  # what one says the other is near to hear",
            "  understudy rule list"
        })
final class RuleCommand {

    @Command(
            name = "list",
            header = "List all rules, and what is not as they want it.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy rule list")
    int list(@Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            List<RuleStatus> rules = client.rules();
            cluster.print(rules, () -> rules.isEmpty() ? "no rules" : table(rules));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "set",
            header = "Say what is wanted of the hosts of two VMs, in the place of what was.",
            description = {
                "apart: they begin on different hosts, and their hosts are as different as can be. together: they begin",
                "on the same host, and have the same other one."
            },
            footerHeading = "%nExamples:%n",
            footer = {"  understudy rule set apart dns-1 dns-2", "  understudy rule set together web-1 db-1"})
    int set(
            @Parameters(
                            paramLabel = "apart|together",
                            completionCandidates = Candidates.Rules.class,
                            description = "What is wanted.")
                    PlacementRule.Kind kind,
            @Parameters(paramLabel = "VM", description = "One of the two; it need not exist yet.") VmName vm,
            @Parameters(paramLabel = "OTHER", description = "The other one.") VmName other,
            @Mixin ClusterOptions cluster) {
        if (vm.equals(other)) {
            throw Problem.of("usage", "a rule is for two VMs", "name another one than " + vm)
                    .refused();
        }
        PlacementRule rule = PlacementRule.of(kind, vm, other);
        try (ApiClient client = cluster.connect()) {
            RuleStatus set = client.setRule(rule);
            cluster.print(set, () -> set.broken().isEmpty() ? rule.toString() : rule + "; now " + set.broken());
            return ExitCode.OK;
        }
    }

    @Command(
            name = "remove",
            header = "Forget what was wanted of the hosts of two VMs.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy rule remove dns-1 dns-2")
    int remove(
            @Parameters(paramLabel = "VM", description = "One of the two.") VmName vm,
            @Parameters(paramLabel = "OTHER", description = "The other one.") VmName other,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            RuleStatus was = client.removeRule(vm, other);
            cluster.print(was, () -> "%s and %s need not be %s any more".formatted(was.vm(), was.other(), was.kind()));
            return ExitCode.OK;
        }
    }

    private static String table(List<RuleStatus> rules) {
        Table table = new Table("RULE", "VM", "OTHER", "NOW");
        rules.forEach(rule ->
                table.row(rule.kind(), rule.vm(), rule.other(), rule.broken().isEmpty() ? "kept" : rule.broken()));
        return table.toString();
    }
}
