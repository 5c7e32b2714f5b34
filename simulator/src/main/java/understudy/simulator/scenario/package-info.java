/// Scenario files: a cluster, what happens to it, and what must come of it, as people write it down. What the
/// keys and words mean is in `docs/reference/scenario-files.md`.
@org.jspecify.annotations.NullMarked
package understudy.simulator.scenario;
