/// `understudy bench volume`: this product's disks side by side with what a user would take instead.
@NullMarked
package understudy.benchmarks.volume;

import org.jspecify.annotations.NullMarked;
