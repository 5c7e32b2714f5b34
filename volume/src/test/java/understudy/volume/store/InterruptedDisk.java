package understudy.volume.store;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A disk on which something happens between a read and whoever asked for it.
final class InterruptedDisk implements Disk {

    /// What happens.
    interface Incident {
        void happen() throws DiskFailedException;
    }

    private final Disk disk;
    private @Nullable Incident afterRead;

    InterruptedDisk(Disk disk) {
        this.disk = disk;
    }

    /// Once, after the next read.
    void afterRead(Incident incident) {
        afterRead = incident;
    }

    @Override
    public long size() throws DiskFailedException {
        return disk.size();
    }

    @Override
    public void read(long offset, MemorySegment target) throws DiskFailedException {
        disk.read(offset, target);
        Incident incident = afterRead;
        afterRead = null;
        if (incident != null) {
            incident.happen();
        }
    }

    @Override
    public void write(long offset, MemorySegment source) throws DiskFailedException {
        disk.write(offset, source);
    }

    @Override
    public void zero(long offset, long length, boolean punch) throws DiskFailedException {
        disk.zero(offset, length, punch);
    }

    @Override
    public void sync() throws DiskFailedException {
        disk.sync();
    }

    @Override
    public long nextData(long from) throws DiskFailedException {
        return disk.nextData(from);
    }

    @Override
    public long nextHole(long from) throws DiskFailedException {
        return disk.nextHole(from);
    }

    @Override
    public void grow(long size) throws DiskFailedException {
        disk.grow(size);
    }

    @Override
    public boolean mayBeLarger() {
        return disk.mayBeLarger();
    }

    @Override
    public void close() {
        disk.close();
    }
}
