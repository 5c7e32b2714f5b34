/// Volumes: a VM's disk, one replica on each host of its pair (design, section 4).
///
/// `Volume` and its `Lane`s are what a server of blocks sees; `nbd` is that server, `store` is one replica on one
/// disk, `mirror` keeps two of them equal, `epoch` keeps what a copied guest writes until its standby has it.
@NullMarked
package understudy.volume;

import org.jspecify.annotations.NullMarked;
