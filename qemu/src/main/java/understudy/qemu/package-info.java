/// QEMU processes, QMP, migration-stream codec, RAM image.
@NullMarked
package understudy.qemu;

import org.jspecify.annotations.NullMarked;
