/// Puts the commands together: the one `main` of `./understudy`.
@NullMarked
package understudy.distribution;

import org.jspecify.annotations.NullMarked;
