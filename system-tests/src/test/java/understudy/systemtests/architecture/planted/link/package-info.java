/// Breaks the architecture on purpose.
@NullMarked
package understudy.systemtests.architecture.planted.link;

import org.jspecify.annotations.NullMarked;
