package understudy.link;

import java.io.IOException;

/// What an agent does with a connection that another one dialled.
@FunctionalInterface
public interface Service {

    /// Runs on a virtual thread of its own. The connection is closed when this returns or throws; an exception
    /// is logged once and does no further harm.
    void serve(Connection connection) throws IOException, InterruptedException;
}
