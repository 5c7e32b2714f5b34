package understudy.distribution;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// Writes all commands down as Markdown, from what `--help` knows.
final class CliReference {
    private final StringBuilder text = new StringBuilder();

    private CliReference() {}

    static String of(CommandLine root) {
        CliReference reference = new CliReference();
        reference.add(root);
        return reference.text.toString();
    }

    private void add(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        text.append("### ").append(spec.qualifiedName()).append("\n\n");
        paragraphs(spec).forEach(line -> text.append(line).append("\n\n"));
        text.append("```\n").append(synopsis(command)).append("\n```\n\n");
        table(spec);
        examples(spec);
        command.getSubcommands().values().stream()
                .sorted(Comparator.comparing(CommandLine::getCommandName))
                .forEach(this::add);
    }

    private static List<String> paragraphs(CommandSpec spec) {
        List<String> paragraphs = new ArrayList<>();
        if (spec.usageMessage().header().length > 0) {
            paragraphs.add(joined(spec.usageMessage().header()));
        }
        if (spec.usageMessage().description().length > 0) {
            paragraphs.add(joined(spec.usageMessage().description()));
        }
        return paragraphs;
    }

    private static String synopsis(CommandLine command) {
        CommandLine.Help help = command.getHelpFactory()
                .create(command.getCommandSpec(), CommandLine.Help.defaultColorScheme(Ansi.OFF));
        return help.synopsis(0).strip();
    }

    private void table(CommandSpec spec) {
        List<PositionalParamSpec> words =
                spec.positionalParameters().stream().filter(w -> !w.hidden()).toList();
        List<OptionSpec> options =
                spec.options().stream().filter(option -> !option.hidden()).toList();
        text.append("| word | meaning |\n|---|---|\n");
        words.forEach(word -> row(word.paramLabel(), joined(word.description())));
        options.forEach(option -> row(names(option), joined(option.description())));
        text.append('\n');
    }

    private void row(String word, String meaning) {
        UnaryOperator<String> cell = content -> content.replace("|", "\\|");
        text.append("| `%s` | %s |\n".formatted(cell.apply(word), cell.apply(meaning)));
    }

    private static String names(OptionSpec option) {
        String names = String.join(", ", option.names());
        boolean takesValue = option.arity().max() > 0;
        boolean mayStandAlone = option.arity().min() == 0;
        String value = mayStandAlone ? "[=" + option.paramLabel() + "]" : " " + option.paramLabel();
        return names + (takesValue ? value : "");
    }

    private void examples(CommandSpec spec) {
        String[] footer = spec.usageMessage().footer();
        if (footer.length > 0 && spec.usageMessage().footerHeading().contains("Example")) {
            String lines = String.join("\n", footer).replace("%n", "\n").replace("%%", "%");
            text.append("```\n").append(lines).append("\n```\n\n");
        }
    }

    private static String joined(String[] lines) {
        return List.of(lines).stream()
                .map(line -> line.replace("%n", " ").replace("%%", "%").strip())
                .collect(Collectors.joining(" "));
    }
}
