/// Disks, tried from outside: over NBD, with servers that are killed, by what their clients were told.
@NullMarked
package understudy.systemtests.volume;

import org.jspecify.annotations.NullMarked;
