/// Hosts, networks, faults, guests and a client on one machine; the demonstration.
@NullMarked
package understudy.lab;

import org.jspecify.annotations.NullMarked;
