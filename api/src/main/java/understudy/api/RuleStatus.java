package understudy.api;

import understudy.model.PlacementRule;
import understudy.model.VmName;

/// A rule for the hosts of two VMs.
///
/// @param vm     one of them
/// @param other  the other one
/// @param broken what is not as it wants it now, for people; empty if all is, or one of them does not exist
public record RuleStatus(PlacementRule.Kind kind, VmName vm, VmName other, String broken) {}
