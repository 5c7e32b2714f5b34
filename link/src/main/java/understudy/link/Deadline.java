package understudy.link;

/// A time by which something must be done; closing it in time calls it off.
public interface Deadline extends AutoCloseable {
    @Override
    void close();
}
