package understudy.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import understudy.api.Json;
import understudy.link.Connection;
import understudy.link.Link;
import understudy.model.HostName;
import understudy.model.Problem;

/// Brings questions about volumes to the host that can answer them, be it this one, and the answers back.
///
/// On the wire: a length (4 bytes, most significant first) and so many bytes of JSON, once in each direction. The
/// answer is `{}`, or `{"problem": {…}}`.
final class VolumeDesk {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeDesk.class);
    private static final String SERVICE = "volume-questions";
    private static final int BYTES_MAX = 64 << 10;
    private static final Duration DIAL = Duration.ofSeconds(2);

    /// Disks that hang are noticed after two seconds; whoever asks has waited long enough after this.
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HostName self;
    private final Link link;
    private final Answerer answerer;

    /// What answers on this host. Blocks; called by many threads at once, none of them virtual.
    interface Answerer {
        /// @throws Problem.Refused if it cannot be done
        void answer(VolumeQuestion question);
    }

    VolumeDesk(HostName self, Link link, Answerer answerer) {
        this.self = self;
        this.link = link;
        this.answerer = answerer;
        link.serve(SERVICE, this::serve);
    }

    /// Has a host do what the question says.
    ///
    /// @throws Problem.Refused the host's own, or `no-answer-from-host`
    void ask(HostName host, VolumeQuestion question) {
        Optional<Problem> problem;
        try {
            problem = host.equals(self) ? answered(question) : asked(host, question);
        } catch (IOException e) {
            throw silent(host, DriverDesk.reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw silent(host, "interrupted");
        }
        if (problem.isPresent()) {
            throw problem.get().refused();
        }
    }

    private static Problem.Refused silent(HostName host, String why) {
        return Problem.of("no-answer-from-host", host + " does not answer.", "See how it is: understudy host list")
                .because(why)
                .with("host", host)
                .refused();
    }

    private Optional<Problem> asked(HostName host, VolumeQuestion question) throws IOException {
        try (Connection connection = link.connect(host, SERVICE, DIAL);
                var _ = connection.deadline(PATIENCE)) {
            send(connection, question.bytes());
            JsonNode problem = Json.tree(receive(connection)).path("problem");
            return problem.isObject() ? Optional.of(Json.lenient(problem, Problem.class)) : Optional.empty();
        } catch (JacksonException e) {
            throw new IOException("its answer cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    private void serve(Connection connection) throws IOException, InterruptedException {
        try (var _ = connection.deadline(PATIENCE)) {
            var document = Json.object();
            try {
                VolumeQuestion question = VolumeQuestion.parse(receive(connection));
                answered(question).ifPresent(problem -> document.putPOJO("problem", problem));
            } catch (IllegalArgumentException e) {
                document.putPOJO(
                        "problem",
                        Problem.of(
                                        "question-unknown",
                                        self + " does not know what it is asked.",
                                        "Bring all agents to the same version.")
                                .because(DriverDesk.reason(e)));
            }
            send(connection, Json.bytes(document));
        }
    }

    /// On a thread that is not virtual: a disk that hangs would keep a carrier.
    private Optional<Problem> answered(VolumeQuestion question) throws InterruptedException {
        Answer answer = new Answer(question);
        Thread thread = Thread.ofPlatform().daemon().name("volume-question").start(answer);
        if (!thread.join(PATIENCE)) {
            return Optional.of(Problem.of(
                            "disk-hangs",
                            "The disk of " + self + " does not answer.",
                            "See what is wrong with it: understudy events")
                    .with("host", self));
        }
        return answer.problem;
    }

    private final class Answer implements Runnable {
        private final VolumeQuestion question;
        private volatile Optional<Problem> problem = Optional.empty();

        Answer(VolumeQuestion question) {
            this.question = question;
        }

        @Override
        public void run() {
            try {
                answerer.answer(question);
            } catch (Problem.Refused refused) {
                problem = Optional.of(refused.problem());
            } catch (RuntimeException e) {
                LOG.error("{}", question, e);
                problem = Optional.of(Problem.of(
                                "internal",
                                self + " failed to answer; this is a bug.",
                                "Look into the log of its agent, and report it.")
                        .because(String.valueOf(e)));
            }
        }
    }

    private static void send(Connection connection, byte[] json) throws IOException {
        connection.write(ByteBuffer.allocate(Integer.BYTES + json.length)
                .putInt(json.length)
                .put(json)
                .flip());
    }

    private static byte[] receive(Connection connection) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
        connection.readFully(length);
        int bytes = length.getInt(0);
        if (bytes < 0 || bytes > BYTES_MAX) {
            throw new IOException("a message of " + bytes + " bytes; at most " + BYTES_MAX);
        }
        ByteBuffer json = ByteBuffer.allocate(bytes);
        connection.readFully(json);
        return json.array();
    }
}
