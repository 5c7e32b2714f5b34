package understudy.volume.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import understudy.linux.BlockFile;
import understudy.linux.LinuxException;

/// A file or device of this machine.
///
/// The kernel gives a closed descriptor's number to the next file that is opened; a call that hangs through a
/// close would then write into something else. So calls are counted, and the last one to return closes.
final class LinuxDisk implements Disk {
    private static final int ESHUTDOWN = 108;
    private static final int CLOSED = Integer.MIN_VALUE;
    private static final int ZEROS_BYTES = 256 << 10;
    private static final MemorySegment ZEROS = Arena.global().allocate(ZEROS_BYTES);

    private final BlockFile file;

    /// Calls under way; [#CLOSED] more once it is closed.
    private final AtomicInteger calls = new AtomicInteger();

    private final AtomicBoolean isReleased = new AtomicBoolean();

    /// @param file becomes this disk's
    LinuxDisk(BlockFile file) {
        this.file = file;
    }

    private void enter() throws DiskFailedException {
        if (calls.incrementAndGet() < 0) {
            leave();
            throw new DiskFailedException(ESHUTDOWN, file.path() + " is closed");
        }
    }

    private void leave() {
        if (calls.decrementAndGet() == CLOSED) {
            release();
        }
    }

    private void release() {
        if (isReleased.compareAndSet(false, true)) {
            file.close();
        }
    }

    private static DiskFailedException failed(LinuxException e) {
        return new DiskFailedException(e.errno(), String.valueOf(e.getMessage()), e);
    }

    @Override
    public long size() throws DiskFailedException {
        enter();
        try {
            return file.size();
        } catch (LinuxException e) {
            throw failed(e);
        } finally {
            leave();
        }
    }

    @Override
    public void read(long offset, MemorySegment target) throws DiskFailedException {
        enter();
        try {
            file.read(offset, target);
        } catch (LinuxException e) {
            throw failed(e);
        } finally {
            leave();
        }
    }

    @Override
    public void write(long offset, MemorySegment source) throws DiskFailedException {
        enter();
        try {
            file.write(offset, source);
        } catch (LinuxException e) {
            throw failed(e);
        } finally {
            leave();
        }
    }

    @Override
    public void zero(long offset, long length, boolean punch) throws DiskFailedException {
        enter();
        try {
            boolean isDone = (punch && file.punch(offset, length)) || file.zeroRange(offset, length);
            for (long done = isDone ? length : 0; done < length; done += ZEROS_BYTES) {
                file.write(offset + done, ZEROS.asSlice(0, Math.min(ZEROS_BYTES, length - done)));
            }
        } catch (LinuxException e) {
            throw failed(e);
        } finally {
            leave();
        }
    }

    @Override
    public void sync() throws DiskFailedException {
        enter();
        try {
            file.syncData();
        } catch (LinuxException e) {
            throw failed(e);
        } finally {
            leave();
        }
    }

    @Override
    public long nextData(long from) throws DiskFailedException {
        enter();
        try {
            return file.nextData(from);
        } catch (LinuxException e) {
            throw failed(e);
        } finally {
            leave();
        }
    }

    @Override
    public long nextHole(long from) throws DiskFailedException {
        enter();
        try {
            return file.nextHole(from);
        } catch (LinuxException e) {
            throw failed(e);
        } finally {
            leave();
        }
    }

    @Override
    public void grow(long size) throws DiskFailedException {
        enter();
        try {
            file.resize(size);
        } catch (LinuxException e) {
            throw failed(e);
        } finally {
            leave();
        }
    }

    @Override
    public boolean mayBeLarger() {
        return file.isDevice();
    }

    @Override
    public void close() {
        if (calls.getAndUpdate(count -> count | CLOSED) == 0) {
            release();
        }
    }
}
