/// Breaks the architecture on purpose.
@NullMarked
package understudy.systemtests.architecture.planted.linux;

import org.jspecify.annotations.NullMarked;
