package understudy.model;

/// All that the ledger holds of one VM.
///
/// @param wanted whether its users want it to run
public record VmRecord(VmSpec spec, boolean wanted, View view) {
    public VmRecord withView(View next) {
        return new VmRecord(spec, wanted, next);
    }

    public VmRecord withWanted(boolean running) {
        return new VmRecord(spec, running, view);
    }
}
