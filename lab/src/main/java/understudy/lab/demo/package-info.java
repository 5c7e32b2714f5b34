/// `understudy demo`: the product shown to a stranger.
@NullMarked
package understudy.lab.demo;

import org.jspecify.annotations.NullMarked;
