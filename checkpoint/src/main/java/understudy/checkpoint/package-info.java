/// Capture, transport, standby image, output gate.
@NullMarked
package understudy.checkpoint;

import org.jspecify.annotations.NullMarked;
