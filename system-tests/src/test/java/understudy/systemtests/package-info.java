/// The whole product in the lab: real QEMU, real faults, and a client that sees what a guest's clients would.
@NullMarked
package understudy.systemtests;

import org.jspecify.annotations.NullMarked;
