/// The layers of the product and the purity of its core, kept by a machine.
@NullMarked
package understudy.distribution.architecture;

import org.jspecify.annotations.NullMarked;
