package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmId;
import understudy.model.VolumeId;

@Timeout(60)
class VolumeDeskTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final VolumeQuestion QUESTION = new VolumeQuestion.CheckGrowth(
            new VmId(UUID.randomUUID()), new VolumeId(UUID.randomUUID()), ByteSize.ofMebibytes(7));
    private static final Problem FULL =
            Problem.of("file-too-large", "It is too large.", "Make it smaller.").with("host", H2);

    private final Links links = new Links();
    private final List<VolumeQuestion> asked = new CopyOnWriteArrayList<>();
    private VolumeDesk one;

    @BeforeEach
    void open() throws IOException {
        one = new VolumeDesk(H1, links.add("h1"), asked::add);
        new VolumeDesk(H2, links.add("h2"), question -> {
            asked.add(question);
            throw FULL.refused();
        });
    }

    @AfterEach
    void close() {
        links.close();
    }

    private Problem refusal(HostName host) {
        try {
            one.ask(host, QUESTION);
        } catch (Problem.Refused refused) {
            return refused.problem();
        }
        throw new AssertionError(host + " did not refuse");
    }

    @Test
    void aHostIsAskedAndItsRefusalComesBack() {
        one.ask(H1, QUESTION);
        assertThat(refusal(H2)).isEqualTo(FULL);
        assertThat(asked).containsExactly(QUESTION, QUESTION);
    }

    @Test
    void aHostThatIsNotThereIsAProblem() {
        assertThat(refusal(new HostName("h3")).code()).isEqualTo("no-answer-from-host");
    }

    @Test
    void aBugIsAProblemToo() throws IOException {
        VolumeDesk broken = new VolumeDesk(new HostName("h4"), links.add("h4"), question -> {
            throw new IllegalStateException("odd");
        });
        assertThatThrownBy(() -> broken.ask(new HostName("h4"), QUESTION))
                .isInstanceOfSatisfying(Problem.Refused.class, refused -> {
                    assertThat(refused.problem().code()).isEqualTo("internal");
                    assertThat(refused.problem().cause()).contains("odd");
                });
    }

    @Test
    void aQuestionIsUnderstoodAndNoPrefixOfItIs() {
        byte[] bytes = QUESTION.bytes();
        assertThat(VolumeQuestion.parse(bytes)).isEqualTo(QUESTION);
        for (int length = 0; length < bytes.length; length++) {
            byte[] prefix = java.util.Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> VolumeQuestion.parse(prefix)).isInstanceOf(IllegalArgumentException.class);
        }
        for (String text : List.of("{}", "[]", "{\"Dance\":{}}", "{\"CheckGrowth\":{\"size\":-1}}")) {
            assertThatThrownBy(() -> VolumeQuestion.parse(text.getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
