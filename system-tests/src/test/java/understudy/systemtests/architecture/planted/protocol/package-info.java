/// Breaks the architecture on purpose.
@NullMarked
package understudy.systemtests.architecture.planted.protocol;

import org.jspecify.annotations.NullMarked;
