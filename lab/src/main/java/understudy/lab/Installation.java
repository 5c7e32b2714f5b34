package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import understudy.model.Problem;

/// The built program that the lab's nodes run.
///
/// @param jdk       the folder of a JDK 25
/// @param libraries the folder with all jars
/// @param cache     where built things are kept, such as the lab guest
public record Installation(Path jdk, Path libraries, Path cache) {
    /// What makes agents start quickly, beside the jars: the JVM's ahead-of-time cache.
    static final String AGENT_ARCHIVE = "agent.aot";

    private static final String HOME = "understudy.home";

    /// Finds the program that is running, or, in tests, the one built in the checkout around the working
    /// directory. The system property `understudy.home` (the checkout) goes first.
    ///
    /// @throws Problem.Refused if nothing has been built
    public static Installation find() {
        Path home = Optional.ofNullable(System.getProperty(HOME)).map(Path::of).orElseGet(Installation::checkout);
        Path libraries = home.resolve("distribution/target/lib");
        if (!Files.isDirectory(libraries)) {
            throw Problem.of(
                            "not-built",
                            "Understudy is not built in " + home,
                            "Run ./understudy from the checkout, or `mvn package`")
                    .refused();
        }
        return new Installation(Path.of(System.getProperty("java.home")), libraries, home.resolve(".cache"));
    }

    /// Where the lab guest and the like are kept, whether or not the program is built.
    public static Path cacheFolder() {
        return Optional.ofNullable(System.getProperty(HOME))
                .map(Path::of)
                .orElseGet(Installation::checkout)
                .resolve(".cache");
    }

    /// The program `java`.
    public Path java() {
        return jdk.resolve("bin/java");
    }

    /// All jars, in the order in which the ahead-of-time cache was made.
    String classPath() {
        try (Stream<Path> jars = Files.list(libraries)) {
            return jars.map(Path::toString)
                    .filter(name -> name.endsWith(".jar"))
                    .sorted()
                    .collect(Collectors.joining(":"));
        } catch (IOException e) {
            throw Shell.failure("list the jars in " + libraries, e);
        }
    }

    private static Path checkout() {
        Path here = Path.of("").toAbsolutePath();
        return Stream.iterate(Optional.of(here), Optional::isPresent, folder -> folder.map(Path::getParent))
                .flatMap(Optional::stream)
                .filter(folder -> Files.isDirectory(folder.resolve("distribution")))
                .findFirst()
                .orElse(here);
    }
}
