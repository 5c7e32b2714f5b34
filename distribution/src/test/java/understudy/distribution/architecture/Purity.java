package understudy.distribution.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// What the pure code must not touch: files, sockets, threads, clocks, chance, logs, and collections whose
/// order is not that of their making. The simulator can replay a run only because of this.
final class Purity {
    private static final List<String> PACKAGES = List.of(
            "java.io",
            "java.net",
            "java.nio.channels",
            "java.nio.file",
            "java.util.concurrent",
            "java.util.logging",
            "java.util.random",
            "java.lang.foreign",
            "java.lang.reflect",
            "java.lang.ref",
            "java.security",
            "org.slf4j");

    /// Beside the JDK nothing is allowed but these.
    private static final List<String> LIBRARIES = List.of("java", "org.jspecify", "understudy");

    private static final Set<String> TYPES = Set.of(
            "java.lang.Thread",
            "java.lang.ThreadLocal",
            "java.lang.ScopedValue",
            "java.lang.Process",
            "java.lang.ProcessBuilder",
            "java.lang.ProcessHandle",
            "java.lang.Runtime",
            "java.time.Clock",
            "java.util.Random",
            "java.util.SplittableRandom",
            "java.util.Timer",
            "java.util.HashMap",
            "java.util.HashSet",
            "java.util.Hashtable",
            "java.util.IdentityHashMap",
            "java.util.WeakHashMap");

    /// Written `Owner.method`, of all overloads.
    private static final Set<String> METHODS = Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.lang.System.identityHashCode",
            "java.lang.System.getenv",
            "java.lang.System.getProperty",
            "java.lang.System.getLogger",
            "java.lang.Math.random",
            "java.time.Instant.now",
            "java.time.LocalDate.now",
            "java.time.LocalDateTime.now",
            "java.time.OffsetDateTime.now",
            "java.time.ZonedDateTime.now",
            "java.util.UUID.randomUUID",
            "java.util.Map.of",
            "java.util.Map.ofEntries",
            "java.util.Map.copyOf",
            "java.util.Set.of",
            "java.util.Set.copyOf",
            "java.util.Collections.shuffle",
            "java.util.Collection.parallelStream",
            "java.util.stream.BaseStream.parallel",
            "java.util.stream.Stream.parallel",
            "java.util.stream.Collectors.toSet",
            "java.util.stream.Collectors.toUnmodifiableSet",
            "java.util.stream.Collectors.toMap",
            "java.util.stream.Collectors.toUnmodifiableMap",
            "java.util.stream.Collectors.groupingBy",
            "java.util.stream.Collectors.partitioningBy");

    /// Hash-ordered unless they are given a map to fill.
    private static final Set<String> WITH_A_FACTORY =
            Set.of("java.util.stream.Collectors.toMap", "java.util.stream.Collectors.groupingBy");

    private Purity() {}

    /// @param root     the package whose subpackages are the modules
    /// @param modules  those that are to be pure
    static ArchRule rule(String root, String... modules) {
        String[] packages =
                Arrays.stream(modules).map(module -> root + "." + module + "..").toArray(String[]::new);
        return CompositeArchRule.of(
                        noClasses().that().resideInAnyPackage(packages).should().dependOnClassesThat(areImpure()))
                .and(noClasses().that().resideInAnyPackage(packages).should().accessTargetWhere(targetIsImpure()))
                .because("the same inputs must give the same outputs, in the simulator and in the agent");
    }

    private static DescribedPredicate<JavaClass> areImpure() {
        return DescribedPredicate.describe("are impure", type -> isImpure(type.getBaseComponentType()));
    }

    private static boolean isImpure(JavaClass type) {
        boolean stranger = !type.isPrimitive() && LIBRARIES.stream().noneMatch(root -> isIn(type, root));
        return stranger
                || TYPES.stream().anyMatch(name -> isOrIsWithin(type, name))
                || PACKAGES.stream().anyMatch(name -> isIn(type, name));
    }

    private static boolean isOrIsWithin(JavaClass type, String name) {
        return type.getName().equals(name) || type.getName().startsWith(name + "$");
    }

    private static boolean isIn(JavaClass type, String folder) {
        return type.getPackageName().equals(folder) || type.getPackageName().startsWith(folder + ".");
    }

    private static DescribedPredicate<JavaAccess<?>> targetIsImpure() {
        return DescribedPredicate.describe("target is impure", Purity::isImpure);
    }

    private static boolean isImpure(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getName();
        String method = owner + "." + access.getTarget().getName();
        if (WITH_A_FACTORY.contains(method)) {
            return !access.getTarget().getFullName().contains("java.util.function.Supplier");
        }
        return METHODS.contains(method)
                || (owner.equals("java.lang.System")
                        && List.of("out", "err", "in")
                                .contains(access.getTarget().getName()));
    }
}
