package understudy.model;

/// What is done for a VM's guest when the guest itself fails, rather than what is under it.
///
/// @param restartLimit how often it may die before it is left alone
public record Care(RestartLimit restartLimit) {
    /// What a VM gets for which nobody said anything; the specifications of earlier releases mean it, too.
    public static final Care DEFAULT = new Care(RestartLimit.DEFAULT);
}
