package understudy.agent.rest;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.Problem;

/// Serves the REST API over HTTP on a few addresses, each request on a virtual thread of its own.
///
/// There is neither encryption nor a login yet: the addresses must be such that only trusted callers reach them.
///
public final class RestServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RestServer.class);
    private static final int CONNECTIONS_MAX = 512;
    private static final int HEADER_BYTES_MAX = 16 << 10;
    private static final long IDLE_MILLIS_MAX = 90_000;

    private final Server server;
    private final Operations operations;
    private final List<ServerConnector> connectors = new ArrayList<>();

    /// Listens at once.
    ///
    /// @param addresses at least one; port 0 takes a free one
    /// @throws IOException if one of them cannot be bound; then none is
    public RestServer(Control control, List<InetSocketAddress> addresses) throws IOException {
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("no address to listen on");
        }
        operations = new Operations(control);
        QueuedThreadPool threads = new QueuedThreadPool(16 + 4 * addresses.size());
        threads.setName("rest");
        threads.setVirtualThreadsExecutor(Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("rest-", 0).factory()));
        server = new Server(threads);
        server.setHandler(new Dispatch(new Router(operations.routes(), operations.others())));
        server.setErrorHandler(new ProblemPage());
        server.addBean(new NetworkConnectionLimit(CONNECTIONS_MAX, server));
        addresses.forEach(this::listenOn);
        start();
    }

    /// Where it listens, in the order of the addresses.
    public List<URI> urls() {
        return connectors.stream()
                .map(c -> URI.create("http://%s:%d".formatted(bracketed(c.getHost()), c.getLocalPort())))
                .toList();
    }

    /// Ends event streams and all other requests.
    @Override
    public void close() {
        operations.close();
        stop();
    }

    private static String bracketed(String host) {
        return host.contains(":") ? "[" + host + "]" : host;
    }

    private void listenOn(InetSocketAddress address) {
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        configuration.setRequestHeaderSize(HEADER_BYTES_MAX);
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(configuration));
        connector.setHost(address.getHostString());
        connector.setPort(address.getPort());
        connector.setIdleTimeout(IDLE_MILLIS_MAX);
        connectors.add(connector);
        server.addConnector(connector);
    }

    private void start() throws IOException {
        try {
            server.start();
        } catch (Exception e) {
            stop();
            throw e instanceof IOException io ? io : new IOException("the REST API could not be started", e);
        }
    }

    private void stop() {
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("the REST API did not stop cleanly", e);
        }
    }

    /// Brings requests to their routes, and whatever goes wrong back to the caller.
    private static final class Dispatch extends Handler.Abstract {
        private final Router router;

        Dispatch(Router router) {
            this.router = router;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            try {
                dispatch(request, response);
                callback.succeeded();
            } catch (IOException e) {
                LOG.debug("{} {}: the caller has gone", request.getMethod(), request.getHttpURI(), e);
                callback.failed(e);
            }
            return true;
        }

        private void dispatch(Request request, Response response) throws IOException {
            try {
                Router.Match match = router.match(request.getMethod(), Request.getPathInContext(request));
                match.route().action().answer(Exchange.of(request, response, match));
            } catch (Problem.Refused refused) {
                answer(request, response, refused.problem());
            } catch (RuntimeException e) {
                String incident = UUID.randomUUID().toString();
                LOG.error("incident {}: {} {}", incident, request.getMethod(), request.getHttpURI(), e);
                answer(request, response, internal(incident));
            }
        }

        private static void answer(Request request, Response response, Problem problem) throws IOException {
            if (response.isCommitted()) {
                throw new IOException("an answer was cut off: " + problem.message());
            }
            Exchange.unmatched(request, response).answer(problem);
        }

        private static Problem internal(String incident) {
            return Problem.of(
                            "internal",
                            "the agent failed to answer; this is a bug",
                            "look for incident " + incident + " in its log, and report it")
                    .with("incident", incident);
        }
    }
}
