/// Checks the models of `src/main/tla` with TLC, each in a process of its own.
@org.jspecify.annotations.NullMarked
package understudy.specifications;
