/// Breaks the architecture on purpose.
@NullMarked
package understudy.distribution.architecture.planted.linux;

import org.jspecify.annotations.NullMarked;
