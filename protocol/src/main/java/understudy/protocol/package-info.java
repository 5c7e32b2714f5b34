/// The pure machines: failure detection, views, epochs. No I/O, no clock, no threads.
@NullMarked
package understudy.protocol;

import org.jspecify.annotations.NullMarked;
