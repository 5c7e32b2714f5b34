/// The commands, a client of the REST API. Standard output carries the answer and nothing else, standard error
/// carries progress and what went wrong, and the exit code says which of the two happened.
@NullMarked
package understudy.cli;

import org.jspecify.annotations.NullMarked;
