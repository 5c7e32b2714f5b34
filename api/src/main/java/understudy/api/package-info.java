/// The documents of the REST API, how they look in JSON, and a client that asks a cluster for them. The agent
/// answers with them, the command line and the lab read them; nothing here knows how either works.
@NullMarked
package understudy.api;

import org.jspecify.annotations.NullMarked;
