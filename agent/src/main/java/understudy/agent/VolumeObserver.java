package understudy.agent;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Event.Severity;
import understudy.model.VolumeSpec;
import understudy.volume.mirror.MirrorObserver;
import understudy.volume.mirror.ServedVolume;

/// Tells people what happens to a volume that is served, once each.
final class VolumeObserver implements MirrorObserver {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeObserver.class);

    private final DriverDesk desk;
    private final VolumeSpec disk;
    private final Runnable wentBack;
    private final Repeats repeats = new Repeats();
    private volatile String last = "";

    /// @param wentBack returns at once
    VolumeObserver(DriverDesk desk, VolumeSpec disk, Runnable wentBack) {
        this.desk = desk;
        this.disk = disk;
        this.wentBack = wentBack;
    }

    /// What was wrong last; empty if nothing was.
    String last() {
        return last;
    }

    @Override
    public void error(String what) {
        last = what;
        if (isNews(what)) {
            desk.event("volume-failed", Severity.ERROR, disk.name() + ": " + what);
        }
    }

    @Override
    public void warning(String what) {
        last = what;
        if (isNews(what)) {
            desk.event("volume-degraded", Severity.WARNING, disk.name() + ": " + what);
        }
    }

    private boolean isNews(String what) {
        boolean isNews = repeats.isNews(what, desk.now());
        if (!isNews) {
            LOG.debug("{}/{}: again: {}", desk.spec().name(), disk.name(), what);
        }
        return isNews;
    }

    @Override
    public void info(String what) {
        LOG.info("{}/{}: {}", desk.spec().name(), disk.name(), what);
    }

    @Override
    public void wentBack(ServedVolume volume) {
        wentBack.run();
    }
}
