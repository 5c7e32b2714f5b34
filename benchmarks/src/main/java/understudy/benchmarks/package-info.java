/// What the product reaches, side by side with what a user would use instead.
@NullMarked
package understudy.benchmarks;

import org.jspecify.annotations.NullMarked;
