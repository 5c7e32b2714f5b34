/// QEMU from outside: its processes, its control protocol (QMP), its migration stream, and the RAM blocks
/// that are not in the shared file.
///
/// Nothing here decides anything about a VM's fate. What fails is told as an [java.io.IOException] whose
/// message says what is wrong; the callers turn it into inputs of their machines.
@NullMarked
package understudy.qemu;

import org.jspecify.annotations.NullMarked;
