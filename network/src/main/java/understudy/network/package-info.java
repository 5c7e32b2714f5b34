/// Guest NICs as ports of their agent: what QEMU's `-netdev stream` sends and takes, joined to a TAP device on
/// the host's bridge, with the output gate in between, and the announcements of a guest that has moved.
@NullMarked
package understudy.network;

import org.jspecify.annotations.NullMarked;
