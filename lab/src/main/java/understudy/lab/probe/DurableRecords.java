package understudy.lab.probe;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// A disk's client within the lab guest, as it is seen from outside: it writes one numbered record after the other,
/// and tells of each once it is durable. What was told must be there after whatever happened since.
///
/// Threads: any; one of its own listens.
public final class DurableRecords implements AutoCloseable {
    /// A guest that says nothing for so long is gone, or its disk is.
    private static final Duration SILENCE_MAX = Duration.ofSeconds(60);

    private static final int RECORD_BYTES = 512;

    private final GuestShell shell;
    private long told;
    private String end = "";

    private DurableRecords(GuestShell shell, long first) {
        this.shell = shell;
        this.told = first - 1;
    }

    /// Begins, over a shell that is its own from now on.
    ///
    /// @param device in the guest, such as `/dev/vda`, with room for all records, of 512 bytes each
    /// @param first  the number of the first record, from 1
    public static DurableRecords start(GuestShell shell, String device, long first) throws IOException {
        shell.tell("""
                n=%d; while printf '%%-%dd\\n' $n | \
                dd of=%s bs=%d seek=$((n-1)) count=1 conv=fsync,notrunc 2>/dev/null && echo $n; do n=$((n+1)); done; \
                echo "record $n cannot be written"\
                """.formatted(first, RECORD_BYTES - 1, device, RECORD_BYTES));
        DurableRecords records = new DurableRecords(shell, first);
        Thread.ofPlatform().daemon().name("durable-records").start(records::listen);
        return records;
    }

    private void listen() {
        try {
            while (true) {
                hear(shell.line(SILENCE_MAX));
            }
        } catch (IOException e) {
            end(String.valueOf(e.getMessage()));
        }
    }

    private synchronized void hear(String line) throws IOException {
        if (!line.equals(Long.toString(told + 1))) {
            throw new IOException(line);
        }
        told++;
    }

    private synchronized void end(String why) {
        end = why;
    }

    /// The number of the last record that was told to be durable.
    public synchronized long told() {
        return told;
    }

    /// Why nothing more is heard; empty while it goes on.
    public synchronized String end() {
        return end;
    }

    /// Reads the records from the disk.
    ///
    /// @param last the number of the last of them
    /// @return what is wrong; empty if they are all there
    public static String verify(GuestShell shell, String device, long last, Duration patience) {
        String command = """
                dd if=%s bs=%d count=%d 2>/dev/null | \
                awk '$1 != NR { print "record " NR " holds " $1; bad = 1; exit } END { if (!bad) print NR " records" }'\
                """.formatted(device, RECORD_BYTES, last);
        try {
            List<String> said = shell.run(command, patience);
            return said.equals(List.of(last + " records")) ? "" : String.join("; ", said);
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        shell.close();
    }
}
