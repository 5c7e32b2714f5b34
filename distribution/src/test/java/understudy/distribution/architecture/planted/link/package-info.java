/// Breaks the architecture on purpose.
@NullMarked
package understudy.distribution.architecture.planted.link;

import org.jspecify.annotations.NullMarked;
