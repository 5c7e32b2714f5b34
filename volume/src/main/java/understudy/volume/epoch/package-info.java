/// The disks of a guest that is protected by checkpoints (level 3): what it writes is kept in memory until the
/// standby has committed it, and only then applied to the mirrored volumes (design, sections 4 and 5).
///
/// `DiskEpochs` is the active's side, `KeptWrites` the standby's; `Sealed` is what travels between them.
@NullMarked
package understudy.volume.epoch;

import org.jspecify.annotations.NullMarked;
