package understudy.distribution.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import understudy.distribution.architecture.planted.protocol.Impurities;

/// The layers and the purity of the whole product, and proof that the rules can fail.
class ArchitectureTest {
    private static final String PRODUCT = "understudy";
    private static final String PLANTED = "understudy.distribution.architecture.planted";
    private static final Path POM = Path.of("..", "pom.xml");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(PRODUCT);

    static List<String> modules() {
        return Arrows.modules();
    }

    @ParameterizedTest
    @MethodSource("modules")
    void aModuleKnowsOnlyThoseThatItMay(String module) {
        assertThat(CLASSES.stream().filter(type -> isOf(module, type)))
                .as("classes of %s on the class path", module)
                .isNotEmpty();
        Arrows.rule(PRODUCT, module).check(CLASSES);
    }

    @Test
    void allModulesOfTheBuildHaveARowAndAllArrowsGoUpInItsList() throws IOException {
        List<String> built = modulesOfTheBuild();
        assertThat(Arrows.modules()).containsExactlyInAnyOrderElementsOf(productModules(built));
        for (String module : Arrows.modules()) {
            assertThat(Arrows.from(module))
                    .as("what %s may know", module)
                    .isSubsetOf(built.subList(0, built.indexOf(module)));
        }
    }

    @Test
    void noClassOfTheProductIsOutsideTheModules() {
        assertThat(CLASSES.stream()
                        .filter(type -> Arrows.modules().stream().noneMatch(module -> isOf(module, type)))
                        .map(JavaClass::getName))
                .isEmpty();
    }

    @Test
    void modelAndProtocolArePure() {
        Purity.rule(PRODUCT, "model", "protocol").check(CLASSES);
    }

    static Stream<Class<?>> plantedImpurities() {
        return Stream.of(Impurities.class.getDeclaredClasses());
    }

    @ParameterizedTest
    @MethodSource("plantedImpurities")
    void eachPlantedImpurityIsCaught(Class<?> planted) {
        assertThat(violations(Purity.rule(PLANTED, "protocol"), planted)).isNotEmpty();
    }

    @Test
    void plantedCodeThatIsPureIsNotAccused() throws ClassNotFoundException {
        Class<?> pure = Class.forName(PLANTED + ".protocol.Pure");
        assertThatCode(() -> Purity.rule(PLANTED, "protocol").check(new ClassFileImporter().importClasses(pure)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @MethodSource("plantedArrows")
    void eachPlantedArrowIsCaught(String from, String to) throws ClassNotFoundException {
        Class<?> planted = Class.forName(PLANTED + "." + from + ".Knows" + to);
        assertThat(violations(Arrows.rule(PLANTED, from), planted)).isNotEmpty();
    }

    static Stream<Arguments> plantedArrows() {
        return Stream.of(
                Arguments.of("model", "Protocol"), Arguments.of("link", "Linux"), Arguments.of("linux", "Link"));
    }

    private static List<String> violations(ArchRule rule, Class<?> planted) {
        return rule.evaluate(new ClassFileImporter().importClasses(planted))
                .getFailureReport()
                .getDetails();
    }

    private static boolean isOf(String module, JavaClass type) {
        String folder = PRODUCT + "." + module;
        return type.getPackageName().equals(folder) || type.getPackageName().startsWith(folder + ".");
    }

    /// All but those that hold nothing but tests.
    private static List<String> productModules(List<String> built) {
        TreeSet<String> modules = new TreeSet<>(built);
        modules.removeAll(List.of("specifications", "system-tests"));
        return List.copyOf(modules);
    }

    private static List<String> modulesOfTheBuild() throws IOException {
        List<String> modules = new ArrayList<>();
        Matcher matcher = Pattern.compile("<module>([a-z-]+)</module>").matcher(Files.readString(POM));
        while (matcher.find()) {
            modules.add(matcher.group(1));
        }
        return modules;
    }
}
