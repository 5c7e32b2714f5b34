/// Two replicas of a volume kept equal: the side that serves it ([MirroredVolume]), the side that holds the
/// other replica ([ReplicaServer]), the link between them, resync and scrub (design, section 4).
@NullMarked
package understudy.volume.mirror;

import org.jspecify.annotations.NullMarked;
