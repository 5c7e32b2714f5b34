package understudy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.Problem;

class EndpointsTest {
    @TempDir
    private Path folder = Path.of(".");

    @Test
    void theCommandLineComesBeforeTheEnvironmentAndThatBeforeTheFile() throws IOException {
        Path file = folder.resolve("urls");
        Files.writeString(file, "# the lab\nhttp://10.77.0.11:7700\n\nhttp://10.77.0.12:7700\n");
        Map<String, String> environment = Map.of("UNDERSTUDY_URL", "http://b:2,http://c:3");
        assertThat(Endpoints.find(List.of("a:1"), environment, file)).containsExactly(URI.create("http://a:1"));
        assertThat(Endpoints.find(List.of(), environment, file))
                .containsExactly(URI.create("http://b:2"), URI.create("http://c:3"));
        assertThat(Endpoints.find(List.of(), Map.of(), file))
                .containsExactly(URI.create("http://10.77.0.11:7700"), URI.create("http://10.77.0.12:7700"));
    }

    @Test
    void nobodyKnowingAClusterIsAProblemThatSaysHowToHaveOne() {
        assertThatThrownBy(() -> Endpoints.find(List.of(), Map.of(), folder.resolve("urls")))
                .isInstanceOfSatisfying(Problem.Refused.class, refused -> {
                    assertThat(ExitCode.of(refused.problem())).isEqualTo(ExitCode.NO_CLUSTER);
                    assertThat(refused.problem().correction()).contains("understudy lab up");
                });
    }

    @Test
    void whatIsNoUrlIsRefused() {
        for (String wrong : List.of("http://", "ftp://h:1", "not a url", "http://h:x y", "http://h:1?q=2")) {
            assertThatThrownBy(() -> Endpoints.find(List.of(wrong), Map.of(), folder))
                    .as(wrong)
                    .isInstanceOf(Problem.Refused.class);
        }
    }
}
