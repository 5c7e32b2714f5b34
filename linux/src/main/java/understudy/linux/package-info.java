/// System calls through java.lang.foreign.
@NullMarked
package understudy.linux;

import org.jspecify.annotations.NullMarked;
