package understudy.model;

/// All that the ledger holds of one VM.
///
/// @param wanted   whether its users want it to run
/// @param revision goes up by one with every change of the record, so that of two copies the newer one can be
///              told
public record VmRecord(VmSpec spec, boolean wanted, View view, long revision) {

    /// A VM that was just created.
    public VmRecord(VmSpec spec, boolean wanted, View view) {
        this(spec, wanted, view, 1);
    }

    public VmRecord withView(View next) {
        return new VmRecord(spec, wanted, next, revision + 1);
    }

    public VmRecord withSpec(VmSpec changed) {
        return new VmRecord(changed, wanted, view, revision + 1);
    }

    public VmRecord withWanted(boolean running) {
        return new VmRecord(spec, running, view, revision + 1);
    }
}
