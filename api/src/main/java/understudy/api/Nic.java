package understudy.api;

import java.util.Optional;
import understudy.model.MacAddress;

/// A network card to be given to a new VM.
///
/// @param mac its address; the cluster chooses one where there is none
public record Nic(Optional<MacAddress> mac) {}
