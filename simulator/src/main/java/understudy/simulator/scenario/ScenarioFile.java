package understudy.simulator.scenario;

import com.fasterxml.jackson.annotation.Nulls;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.DeserializationProblemHandler;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.dataformat.yaml.YAMLMapper;
import understudy.model.HostName;
import understudy.simulator.ClusterPlan;
import understudy.simulator.ClusterPlan.VmPlan;
import understudy.simulator.scenario.Document.Happening;
import understudy.simulator.scenario.Scenario.Expected;
import understudy.simulator.scenario.Scenario.Step;
import understudy.simulator.scenario.Scenario.What;

/// Reads scenario files: YAML straight into records, then name by name into a [Scenario].
public final class ScenarioFile {
    private static final int BYTES_MAX = 1 << 20;
    private static final int STEPS_MAX = 1_000;

    private static final YAMLMapper MAPPER = YAMLMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .changeDefaultNullHandling(
                    nulls -> nulls.withValueNulls(Nulls.AS_EMPTY).withContentNulls(Nulls.FAIL))
            .addModule(new SimpleModule().addDeserializer(Text.class, new Text.Reader()))
            .build();

    private ScenarioFile() {}

    /// Refuses a key, and tells where and which there are. It is told of one only at the end of its group, when
    /// its place is forgotten: hence the search.
    private static final class UnknownKeys extends DeserializationProblemHandler {
        private final List<String> lines;

        UnknownKeys(String text) {
            this.lines = text.lines().toList();
        }

        private int line(String key, int end) {
            for (int line = Math.min(end, lines.size()); line > 0; line--) {
                if (lines.get(line - 1).contains(key)) {
                    return line;
                }
            }
            return 0;
        }

        @Override
        public boolean handleUnknownProperty(
                DeserializationContext context,
                JsonParser parser,
                ValueDeserializer<?> deserializer,
                Object beanOrClass,
                String key) {
            throw new Mistake(
                    line(key, context.getParser().currentTokenLocation().getLineNr()),
                    "There is no key '" + key + "' here.",
                    "Write one of: " + deserializer.getKnownPropertyNames() + ".");
        }
    }

    /// @throws BadScenario if it is none
    /// @throws IOException if it cannot be read
    public static Scenario read(Path file) throws BadScenario, IOException {
        if (Files.size(file) > BYTES_MAX) {
            throw new BadScenario(file.toString(), 0, "More than 1 MiB.", "Make it smaller.");
        }
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (CharacterCodingException _) {
            throw new BadScenario(file.toString(), 0, "It is no text in UTF-8.", "Write one.");
        }
    }

    /// @param name what errors call the file
    /// @throws BadScenario if it is none
    public static Scenario parse(String name, String text) throws BadScenario {
        try {
            if (text.isBlank()) {
                throw empty();
            }
            // Null for YAML that has no content, such as a lone anchor.
            Optional<Document> document = Optional.ofNullable(MAPPER.readerFor(Document.class)
                    .withHandler(new UnknownKeys(text))
                    .readValue(text));
            return scenario(name, document.orElseThrow(ScenarioFile::empty));
        } catch (Mistake mistake) {
            throw mistake.in(name);
        } catch (JacksonException e) {
            throw mistake(e).in(name);
        }
    }

    /// All forms of commands, for documents.
    public static List<String> commands() {
        return Phrases.COMMANDS.stream().map(Phrase::form).toList();
    }

    /// All forms of expectations, for documents.
    public static List<String> expectations() {
        return Phrases.EXPECTATIONS.stream().map(Phrase::form).toList();
    }

    private static Mistake empty() {
        return new Mistake(0, "The file is empty.", "Write at least scenario, hosts and steps.");
    }

    private static Mistake mistake(JacksonException e) {
        if (e.getCause() instanceof Mistake mistake) {
            return mistake;
        }
        int line = Optional.ofNullable(e.getLocation())
                .map(TokenStreamLocation::getLineNr)
                .filter(number -> number > 0)
                .orElse(0);
        String what = e instanceof MismatchedInputException wrong
                ? "What stands " + place(wrong) + " has not the form that it must have"
                : "This is no YAML: "
                        + String.valueOf(e.getOriginalMessage())
                                .lines()
                                .findFirst()
                                .orElse("");
        return new Mistake(line, what + ".", "See docs/reference/scenario-files.md.");
    }

    private static String place(MismatchedInputException e) {
        String keys = e.getPath().stream()
                .map(JacksonException.Reference::getPropertyName)
                .filter(Objects::nonNull)
                .collect(Collectors.joining("."));
        return keys.isEmpty() ? "there" : "under '" + keys + "'";
    }

    private static Scenario scenario(String file, Document document) {
        Text name = document.scenario()
                .filter(text -> !text.value().isEmpty())
                .orElseThrow(() -> new Mistake(
                        1, "The scenario has no name.", "Write what it shows, for example scenario: power loss."));
        if (document.hosts().isEmpty()) {
            throw new Mistake(0, "There are no hosts.", "Write at least one: hosts: [{name: h1}].");
        }
        if (document.steps().isEmpty()) {
            throw new Mistake(0, "Nothing happens.", "Write steps.");
        }
        if (document.steps().size() > STEPS_MAX) {
            throw new Mistake(0, document.steps().size() + " steps.", "Write at most " + STEPS_MAX + ".");
        }
        Cast cast = new Cast();
        document.hosts().forEach(node -> cast.host(node, name.line()));
        document.witnesses().forEach(node -> cast.witness(node, name.line()));
        List<HostName> voters =
                document.voters().stream().map(cast::node).distinct().toList();
        List<VmPlan> vms =
                document.vms().stream().map(vm -> cast.vm(vm, name.line())).toList();
        ClusterPlan plan = new ClusterPlan(
                cast.hosts(), cast.witnesses(), voters.isEmpty() ? cast.nodes() : voters, cast.machines(), vms);
        List<Step> steps = new ArrayList<>();
        for (Happening step : document.steps()) {
            steps.add(step(
                    step, cast, steps.isEmpty() ? name.line() : steps.getLast().line()));
        }
        return new Scenario(name.value(), file, plan, steps, expected(document.end(), cast));
    }

    private static List<Expected> expected(List<Text> texts, Cast cast) {
        return texts.stream()
                .map(text -> new Expected(text.line(), text.value(), Phrases.expectation(text, cast)))
                .toList();
    }

    private static Step step(Happening step, Cast cast, int previous) {
        int line = Stream.of(
                        step.at().stream(),
                        step.after().stream(),
                        step.commands().stream(),
                        step.add().stream().flatMap(vm -> vm.name().stream()),
                        step.expect().stream(),
                        step.pause().stream(),
                        step.within().stream(),
                        step.throughout().stream(),
                        step.refused().stream())
                .flatMap(texts -> texts)
                .mapToInt(Text::line)
                .min()
                .orElse(previous);
        long kinds = Stream.of(
                        !step.commands().isEmpty(),
                        step.add().isPresent(),
                        !step.expect().isEmpty(),
                        step.pause().isPresent())
                .filter(there -> there)
                .count();
        if (kinds != 1) {
            throw new Mistake(line, "A step with " + kinds + " of do, add, expect and wait.", "Write one of them.");
        }
        if (step.at().isPresent() && step.after().isPresent()) {
            throw new Mistake(line, "A step with both at and after.", "Write one of them.");
        }
        boolean expects = !step.expect().isEmpty();
        only(expects, step.within(), "within", "expect");
        only(expects, step.throughout(), "for", "expect");
        only(!expects && step.pause().isEmpty(), step.refused(), "refused", "do");
        return new Step(
                line,
                step.at().map(Text::duration),
                step.after().or(step::pause).map(Text::duration).orElse(Duration.ZERO),
                what(step, cast));
    }

    private static void only(boolean fits, Optional<Text> text, String key, String with) {
        if (!fits && text.isPresent()) {
            throw text.get().wrong("'" + key + "' belongs to '" + with + "'.", "Leave it out.");
        }
    }

    private static What what(Happening step, Cast cast) {
        if (step.pause().isPresent()) {
            step.after().ifPresent(text -> {
                throw text.wrong("'after' and 'wait' in one step.", "Write one of them.");
            });
            return new What.Wait();
        }
        if (!step.expect().isEmpty()) {
            Optional<Duration> within = step.within().map(Text::duration);
            Optional<Duration> throughout = step.throughout().map(Text::duration);
            if (within.isPresent() && throughout.isPresent()) {
                throw step.within().get().wrong("'within' and 'for' in one step.", "Write one of them.");
            }
            return new What.Expect(
                    expected(step.expect(), cast), within.orElse(Duration.ZERO), throughout.orElse(Duration.ZERO));
        }
        boolean refused = step.refused().map(Text::truth).orElse(false);
        List<Command> commands = step.add()
                .map(vm -> List.<Command>of(new Command.Add(cast.vm(vm, 0))))
                .orElseGet(() -> step.commands().stream()
                        .map(text -> Phrases.command(text, cast))
                        .toList());
        return new What.Do(commands, refused);
    }
}
