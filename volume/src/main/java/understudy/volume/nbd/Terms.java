package understudy.volume.nbd;

/// What client and server have agreed on when requests begin.
///
/// @param structured whether replies come in chunks
/// @param allocation whether the client may ask what is allocated (the context `base:allocation`)
record Terms(Export export, boolean structured, boolean allocation) {

    /// The transmission flags.
    ///
    /// Several connections may be used side by side (`CAN_MULTI_CONN`) because nothing is cached for one of them:
    /// an answered write is read by all, and a flush on one covers what was answered on any, since that is what
    /// [understudy.volume.Lane#flush] promises.
    static int flags(boolean readOnly, boolean structured) {
        int flags = Nbd.FLAG_HAS_FLAGS
                | Nbd.FLAG_SEND_FLUSH
                | Nbd.FLAG_SEND_FUA
                | Nbd.FLAG_CAN_MULTI_CONN
                | Nbd.FLAG_SEND_CACHE
                | (structured ? Nbd.FLAG_SEND_DF : 0);
        return flags
                | (readOnly
                        ? Nbd.FLAG_READ_ONLY
                        : Nbd.FLAG_SEND_TRIM | Nbd.FLAG_SEND_WRITE_ZEROES | Nbd.FLAG_SEND_FAST_ZERO);
    }
}
