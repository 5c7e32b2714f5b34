/// The NBD server: QEMU and other clients reach the volumes through it, over a UNIX socket (design, section 4;
/// docs/reference/nbd.md says what of the protocol is supported).
@NullMarked
package understudy.volume.nbd;

import org.jspecify.annotations.NullMarked;
