/// Breaks the architecture on purpose.
@NullMarked
package understudy.distribution.architecture.planted.model;

import org.jspecify.annotations.NullMarked;
