package understudy.simulator;

/// A planted bug of one line in the driver, to show that a checker would see one like it. Production code has
/// none.
public enum Mutation {
    NONE,
    /// The standby lets its image go on as soon as it has asked, not when it has learnt.
    RESUME_WITHOUT_VIEW,
    /// The active opens its gate as soon as it has lost its standby, not when the ledger allows it to go on
    /// alone.
    OPEN_GATE_AT_DROP,
    /// A restarted agent lets the guest that it found go on, and asks afterwards.
    ADOPT_WITHOUT_VIEW,
    /// The standby boots where it should go on from its image.
    CLAIM_WITHOUT_IMAGE,
    /// The standby confirms an epoch when it begins to arrive.
    CONFIRM_BEFORE_WHOLE,
    /// The active lets output out when it has sent the epoch.
    RELEASE_AT_CAPTURE,
    /// The standby takes epochs of a stream that it has closed, or of an older one.
    ACCEPT_OLDER_EPOCH,
    /// The active answers writes without a replica that failed before it has learnt a view without it.
    ANSWER_WITHOUT_VIEW,
    /// A replica is said to be whole when a part of it was copied.
    JOIN_BEFORE_WHOLE,
    /// The active answers writes that a replica which it asks to be taken in does not have yet.
    JOIN_WITHOUT_TIGHTENING,
    /// The active forgets that it asked for a replica to be taken in, as soon as that fails again.
    FORGET_WHO_WAS_PROMISED,
    /// The active reads from its own replica, in sync or not.
    READ_HERE_ALWAYS,
    /// A guest goes on over the only replica in sync, which lost what it had acknowledged.
    GO_ON_OVER_LOST_WRITES,
    /// A replica that hung is taken for ready before all that was asked of it before is done.
    TAKE_BACK_BEFORE_DONE,
    /// A lease is counted from when its answer came.
    LEASE_FROM_ANSWER,
    /// The taker boots as soon as it has learnt its view.
    BOOT_WITHOUT_WAITING,
    /// The active lets frames out, and answers its guest's disks, whether it has a lease or not.
    GO_ON_WITHOUT_LEASE,
    /// A host takes over whose disks are not in sync.
    TAKE_OUT_OF_SYNC,
    /// The standby asks to go on although a solo grant stands.
    CLAIM_DESPITE_GRANT,
    /// The active goes on alone by a grant whose end it has asked for.
    GO_ALONE_AFTER_END,
    /// The active goes on alone, and does not write that down.
    GO_ALONE_WITHOUT_WORD,
    /// The active applies what a guest of a pair wrote as soon as it has, not when its epoch is committed.
    APPLY_BEFORE_COMMIT,
    /// The active lets output out when its epoch is committed, be a flush before it durable or not.
    RELEASE_BEFORE_FLUSH,
    /// The active opens its gate before all that was kept aside is on the disks.
    OPEN_GATE_BEFORE_DRAIN,
    /// A guest is booted over what lies in caches, and what it makes of that is let out.
    BOOT_WITHOUT_SYNC,
    /// A standby lets its image go on, and does not apply what was kept aside with it.
    RESUME_WITHOUT_REPLAY,
    /// A QEMU that is to end is left alone, and what comes after it begins beside it.
    LEAVE_OLD_QEMU,
    /// The active asks for another host in the place of one that it has lost, before it has learnt that it is alone.
    REPLACE_BEFORE_ALONE,
    /// The active takes the replica of the host that was replaced for that of the one that came.
    KEEP_FORMER_REPLICA,
    /// A guest ends with its agent, as a service's children do where nobody asks that they be left alone.
    END_GUESTS_WITH_AGENT,
    /// A restarted agent ends the guest that it finds, to begin from a known state.
    KILL_FOUND_GUEST,
    /// Who runs a VM alone lets nothing out while it cannot ask the ledger whether that is still so.
    ASK_WHEN_SOLO,
    /// A view that was asked for and not answered is not asked for again.
    ASK_ONLY_ONCE,
    /// A host that lost its power goes on by its word of before that, though a start may have been forced since.
    TRUST_WORD_OF_EARLIER_START,
    /// Hosts do not tell where they stand.
    SAY_NO_SITE
}
