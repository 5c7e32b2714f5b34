/// Code that breaks the architecture on purpose, in packages that are named as modules are: the rules must
/// catch it.
@NullMarked
package understudy.distribution.architecture.planted;

import org.jspecify.annotations.NullMarked;
