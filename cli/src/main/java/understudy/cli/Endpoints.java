package understudy.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import understudy.api.ApiClient;
import understudy.model.Problem;

/// Finds out where a cluster's agents listen: what the command line says, else the environment, else the file
/// that whoever runs a cluster on this machine leaves for its users.
public final class Endpoints {
    /// Holds one URL a line; empty lines and those that begin with `#` do not count.
    public static final Path FILE = Path.of("/run/understudy/urls");

    /// Names the environment variable with URLs, separated by commas.
    public static final String VARIABLE = "UNDERSTUDY_URL";

    private static final int FILE_BYTES_MAX = 1 << 16;

    private Endpoints() {}

    /// @param given from the command line; each may hold several, separated by commas
    /// @return at least one
    /// @throws Problem.Refused with `usage` for what is no URL, or [ApiClient#NO_CLUSTER] if nobody names one
    public static List<URI> find(List<String> given, Map<String, String> environment, Path file) {
        if (!given.isEmpty()) {
            return urls("--url", given);
        }
        Optional<String> variable =
                Optional.ofNullable(environment.get(VARIABLE)).filter(v -> !v.isBlank());
        if (variable.isPresent()) {
            return urls(VARIABLE, List.of(variable.orElseThrow()));
        }
        List<URI> found = urls(file.toString(), lines(file));
        if (found.isEmpty()) {
            throw Problem.of(
                            ApiClient.NO_CLUSTER,
                            "no cluster is known",
                            "start one on this machine (understudy lab up), or say where one is:"
                                    + " --url http://HOST:PORT, or " + VARIABLE)
                    .because("neither --url nor " + VARIABLE + " is given, and " + file + " names none")
                    .refused();
        }
        return found;
    }

    private static List<String> lines(Path file) {
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw Problem.of("usage", file + " is no list of URLs", "delete it, or use --url")
                        .refused();
            }
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw Problem.of("usage", file + " cannot be read", "use --url")
                    .because(String.valueOf(e.getMessage()))
                    .refused();
        }
    }

    private static List<URI> urls(String source, List<String> texts) {
        List<URI> urls = new ArrayList<>();
        texts.stream()
                .flatMap(text -> Arrays.stream(text.split(",", -1)))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .forEach(text -> urls.add(url(source, text)));
        return List.copyOf(urls);
    }

    private static URI url(String source, String text) {
        Problem.Refused wrong = Problem.of(
                        "usage", source + ": '" + text + "' is no URL of an agent", "write http://HOST:PORT")
                .refused();
        try {
            URI url = URI.create(text.contains("://") ? text : "http://" + text);
            boolean isOne = ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    && url.getHost() != null
                    && url.getQuery() == null;
            if (!isOne) {
                throw wrong;
            }
            return url;
        } catch (IllegalArgumentException e) {
            throw wrong;
        }
    }
}
