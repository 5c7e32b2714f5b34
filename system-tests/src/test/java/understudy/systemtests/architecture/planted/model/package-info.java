/// Breaks the architecture on purpose.
@NullMarked
package understudy.systemtests.architecture.planted.model;

import org.jspecify.annotations.NullMarked;
