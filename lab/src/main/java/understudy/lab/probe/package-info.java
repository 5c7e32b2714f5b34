/// Programs that look at a guest from outside, as its clients do.
@NullMarked
package understudy.lab.probe;

import org.jspecify.annotations.NullMarked;
