package understudy.volume.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.protocol.InSync;
import understudy.protocol.MirrorInput;
import understudy.protocol.MirrorSide;

/// A served volume's way to its ledger, which may take its time: a thread of its own, and another try after a
/// while.
final class Proposals {
    private static final Logger LOG = LoggerFactory.getLogger(Proposals.class);

    private final ServedVolume served;
    private final ServedVolume.Options options;
    private final VolumeLedger ledger;

    /// Names all proposals of this life.
    private final UUID life = UUID.randomUUID();

    private final ExecutorService thread;
    private long retryAt;
    private boolean isRead;
    private volatile boolean isReadable = true;

    Proposals(ServedVolume served, ServedVolume.Options options, VolumeLedger ledger) {
        this.served = served;
        this.options = options;
        this.ledger = ledger;
        thread =
                Executors.newSingleThreadExecutor(work -> served.threads().unstarted(options.name() + "-ledger", work));
    }

    UUID life() {
        return life;
    }

    boolean isReadable() {
        return isReadable;
    }

    /// Learns the newest view; makes the first one if there is none.
    void read() {
        thread.execute(() -> {
            try {
                Optional<VolumeView> newest = ledger.read();
                isReadable = true;
                if (newest.isPresent()) {
                    served.post(() -> learn(newest.get()));
                } else {
                    VolumeView.Member self = new VolumeView.Member(served.replica(), options.boot());
                    VolumeView first = ledger.propose(new VolumeView(1, List.of(self), life));
                    served.post(() -> learn(first));
                }
            } catch (IOException e) {
                failed(e);
            }
        });
    }

    private void learn(VolumeView newest) {
        isRead = true;
        served.learn(newest);
    }

    private void failed(IOException e) {
        isReadable = false;
        served.post(() -> {
            served.observer().error("the view cannot be recorded: " + e.getMessage());
            retryAt = served.threads().now() + options.retry().toNanos();
        });
    }

    void propose(long number, InSync set, Optional<VolumeView.Member> peer) {
        List<VolumeView.Member> members = new ArrayList<>();
        if (set.has(MirrorSide.LOCAL)) {
            members.add(new VolumeView.Member(served.replica(), options.boot()));
        }
        if (set.has(MirrorSide.PEER)) {
            members.add(peer.orElseThrow());
        }
        VolumeView wanted = new VolumeView(number, members, life);
        thread.execute(() -> {
            try {
                VolumeView newest = ledger.propose(wanted);
                isReadable = true;
                served.post(() -> served.learn(newest));
            } catch (IOException e) {
                failed(e);
            }
        });
    }

    /// Of no effect once it is closed.
    void tell(VolumeView newest) {
        try {
            thread.execute(() -> served.post(() -> learn(newest)));
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: closed, and not told of view {}", options.name(), newest.number());
        }
    }

    /// Tries again what failed.
    void tick() {
        if (retryAt != 0 && served.threads().now() > retryAt) {
            retryAt = 0;
            if (isRead) {
                served.take(new MirrorInput.ProposalUnanswered());
            } else {
                read();
            }
        }
    }

    void close() {
        thread.shutdown();
    }
}
