package understudy.agent.rest;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import understudy.api.Json;
import understudy.model.Problem;

/// What the HTTP server itself answers to requests that are so wrong that they never come to a route. Its own
/// page would be HTML, with a stack trace.
final class ProblemPage extends ErrorHandler {

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus() < 400 ? 500 : response.getStatus();
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.write(true, body(status), callback);
        return true;
    }

    private static ByteBuffer body(int status) {
        Problem problem = status < 500
                ? Problem.of("bad-request", "the request is not HTTP as this agent understands it", "correct it")
                : Problem.of("internal", "the agent failed to answer", "look into its log");
        return ByteBuffer.wrap(Json.bytes(problem.with("status", status)));
    }
}
