/// The vocabulary: names, views, levels, sizes, problems. Depends on the JDK only.
@NullMarked
package understudy.model;

import org.jspecify.annotations.NullMarked;
