/// Ports, TAP devices, announcements.
@NullMarked
package understudy.network;

import org.jspecify.annotations.NullMarked;
