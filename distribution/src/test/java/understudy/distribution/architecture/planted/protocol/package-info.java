/// Breaks the architecture on purpose.
@NullMarked
package understudy.distribution.architecture.planted.protocol;

import org.jspecify.annotations.NullMarked;
