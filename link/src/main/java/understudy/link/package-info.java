/// All traffic between agents.
@NullMarked
package understudy.link;

import org.jspecify.annotations.NullMarked;
