package understudy.model;

import java.util.Optional;

/// All that the ledger holds of one VM.
///
/// @param wanted   whether its users want it to run
/// @param failure  why the cluster itself gave it up; only while it is not wanted, and until its users say again
///                 what they want
/// @param revision goes up by one with every change of the record, so that of two copies the newer one can be
///              told
public record VmRecord(VmSpec spec, boolean wanted, Optional<String> failure, View view, long revision) {

    public VmRecord {
        if (wanted && failure.isPresent()) {
            throw new IllegalArgumentException(spec.name() + " is wanted and given up");
        }
    }

    /// A VM that nobody gave up.
    public VmRecord(VmSpec spec, boolean wanted, View view, long revision) {
        this(spec, wanted, Optional.empty(), view, revision);
    }

    /// A VM that was just created.
    public VmRecord(VmSpec spec, boolean wanted, View view) {
        this(spec, wanted, view, 1);
    }

    public VmRecord withView(View next) {
        return new VmRecord(spec, wanted, failure, next, revision + 1);
    }

    public VmRecord withSpec(VmSpec changed) {
        return new VmRecord(changed, wanted, failure, view, revision + 1);
    }

    public VmRecord withWanted(boolean running) {
        return new VmRecord(spec, running, Optional.empty(), view, revision + 1);
    }

    /// Nobody is to run it until somebody asks again.
    public VmRecord givenUp(String reason) {
        return new VmRecord(spec, false, Optional.of(reason), view, revision + 1);
    }
}
