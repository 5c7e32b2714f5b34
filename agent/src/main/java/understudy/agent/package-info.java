/// The daemon understudyd: wires the edges to the machines; REST API, events.
@NullMarked
package understudy.agent;

import org.jspecify.annotations.NullMarked;
