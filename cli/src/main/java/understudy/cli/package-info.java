/// The commands, a client of the REST API.
@NullMarked
package understudy.cli;

import org.jspecify.annotations.NullMarked;
