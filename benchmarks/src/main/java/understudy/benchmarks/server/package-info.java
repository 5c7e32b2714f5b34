/// Servers of blocks as processes, for measurements and trials: this product's, and those that others use instead.
@NullMarked
package understudy.benchmarks.server;

import org.jspecify.annotations.NullMarked;
