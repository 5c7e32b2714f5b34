package understudy.distribution.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Which module may know which: the table of `docs/architecture.md`, as a rule for each of its rows.
final class Arrows {
    private static final Map<String, List<String>> ALLOWED = new TreeMap<>();

    static {
        allow("model");
        allow("api", "model");
        allow("protocol", "model");
        allow("simulator", "model", "protocol");
        allow("linux", "model");
        allow("qemu", "model", "linux");
        allow("link", "model");
        allow("checkpoint", "model", "protocol", "linux", "qemu");
        allow("network", "model", "linux");
        allow("ledger", "model", "protocol", "linux");
        allow(
                "agent",
                "model",
                "api",
                "protocol",
                "linux",
                "qemu",
                "link",
                "checkpoint",
                "network",
                "ledger",
                "volume");
        allow("volume", "model", "protocol", "linux");
        allow("cli", "model", "api", "volume");
        allow("lab", "model", "api", "linux", "cli");
        allow("benchmarks", "model", "api", "linux", "cli", "lab");
        allow("distribution", "model", "api", "simulator", "agent", "cli", "lab", "benchmarks");
    }

    private Arrows() {}

    private static void allow(String module, String... known) {
        ALLOWED.put(module, List.of(known));
    }

    /// All modules that have a row.
    static List<String> modules() {
        return List.copyOf(ALLOWED.keySet());
    }

    static List<String> from(String module) {
        return ALLOWED.getOrDefault(module, List.of());
    }

    /// @param root the package whose subpackages are the modules
    static ArchRule rule(String root, String module) {
        return noClasses()
                .that(resideIn(root, List.of(module)))
                .should()
                .dependOnClassesThat(otherModules(root, module))
                .because("%s may know only %s".formatted(module, from(module)))
                .allowEmptyShould(true);
    }

    private static DescribedPredicate<JavaClass> otherModules(String root, String module) {
        List<String> others = ALLOWED.keySet().stream()
                .filter(other -> !other.equals(module) && !from(module).contains(other))
                .toList();
        return resideIn(root, others);
    }

    private static DescribedPredicate<JavaClass> resideIn(String root, List<String> modules) {
        return DescribedPredicate.describe(
                "reside in " + modules + " of " + root,
                type -> modules.stream().map(module -> root + "." + module).anyMatch(folder -> isIn(type, folder)));
    }

    private static boolean isIn(JavaClass type, String folder) {
        return type.getPackageName().equals(folder) || type.getPackageName().startsWith(folder + ".");
    }
}
