package understudy.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/// A network namespace that a test makes and removes; for tests of other modules, too.
public final class TestNamespace implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name = "ust-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();

    public TestNamespace() throws IOException {
        run("ip", "netns", "add", name);
    }

    public Path file() {
        return Path.of("/run/netns", name);
    }

    /// @return what the command printed
    public String ip(String arguments) throws IOException {
        return run(("ip -n " + name + " " + arguments).split(" "));
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output);
        }
        return output;
    }

    @Override
    public void close() throws IOException {
        run("ip", "netns", "del", name);
    }
}
