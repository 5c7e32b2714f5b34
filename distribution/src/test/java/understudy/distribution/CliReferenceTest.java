package understudy.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// The second part of `docs/reference/cli.md` is written by this test: after a change of commands run
/// `mvn test -pl distribution -am -Dunderstudy.docs=write -Dtest=CliReferenceTest
/// -Dsurefire.failIfNoSpecifiedTests=false`.
class CliReferenceTest {
    private static final Path FILE = Documents.root().resolve("docs/reference/cli.md");
    private static final String MARK = "<!-- From here on written by CliReferenceTest. -->\n";

    @Test
    void theReferenceHasTheCommandsAndOptionsThatThereAre() throws IOException {
        String file = Documents.read(FILE);
        String expected = file.substring(0, file.indexOf(MARK) + MARK.length())
                + "\n## Commands\n\n"
                + CliReference.of(Main.commandLine()).strip()
                + "\n";
        if ("write".equals(System.getProperty("understudy.docs"))) {
            Files.writeString(FILE, expected);
        }
        assertThat(Documents.read(FILE))
                .as("as the commands are: else see the comment of this test")
                .isEqualTo(expected);
    }

    @Test
    void everyCommandAndOptionIsExplained() {
        List<String> unexplained = new ArrayList<>();
        find(Main.commandLine(), unexplained);
        assertThat(unexplained).isEmpty();
    }

    private static void find(CommandLine command, List<String> unexplained) {
        CommandSpec spec = command.getCommandSpec();
        if (spec.usageMessage().header().length + spec.usageMessage().description().length == 0) {
            unexplained.add(spec.qualifiedName());
        }
        spec.args().stream()
                .filter(arg -> !arg.hidden() && arg.description().length == 0)
                .forEach(arg -> unexplained.add(spec.qualifiedName() + " " + arg.paramLabel()));
        command.getSubcommands().values().forEach(sub -> find(sub, unexplained));
    }
}
