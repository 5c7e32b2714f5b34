/// The REST API: HTTP and JSON on one side, [understudy.agent.rest.Control] on the other. Everything that a
/// caller can get wrong is answered here with a problem; nothing is decided here.
@NullMarked
package understudy.agent.rest;

import org.jspecify.annotations.NullMarked;
