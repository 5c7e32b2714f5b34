package understudy.lab.probe;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import understudy.linux.NetworkNamespace;

/// The lab guest's shell, over TCP: a guest is told what to do, and when it has done it is seen from outside.
///
/// Threads: one at a time.
public final class GuestShell implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final int LINES_MAX = 10_000;
    private static final String DONE = "shell-has-done ";

    private final SocketChannel channel;
    private final BufferedReader in;
    private final OutputStream out;
    private long commands;

    private GuestShell(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.in = new BufferedReader(new InputStreamReader(channel.socket().getInputStream(), StandardCharsets.UTF_8));
        this.out = channel.socket().getOutputStream();
    }

    /// Connects from within a network namespace.
    public static GuestShell open(Path namespace, InetSocketAddress guest) throws IOException {
        SocketChannel channel = NetworkNamespace.inside(namespace, SocketChannel::open);
        try {
            channel.socket().setTcpNoDelay(true);
            channel.socket().connect(guest, (int) CONNECT.toMillis());
            return new GuestShell(channel);
        } catch (IOException e) {
            channel.close();
            throw new IOException("the guest's shell at " + guest + " cannot be reached: " + e.getMessage(), e);
        }
    }

    /// Connects as soon as the guest's services answer.
    ///
    /// @param poll runs now and then meanwhile
    public static GuestShell await(Path namespace, InetSocketAddress guest, Duration patience, Runnable poll)
            throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return open(namespace, guest);
            } catch (IOException stillBoots) {
                if (System.nanoTime() > end) {
                    throw stillBoots;
                }
                poll.run();
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
    }

    /// Runs one command to its end.
    ///
    /// @return the lines that it wrote
    /// @throws IOException if it fails, or has not ended in time
    public List<String> run(String command, Duration patience) throws IOException {
        String mark = DONE + ++commands + " ";
        tell(command + "; echo \"" + mark + "$?\"");
        List<String> lines = new ArrayList<>();
        while (lines.size() < LINES_MAX) {
            String line = line(patience);
            if (line.startsWith(mark)) {
                if (!line.equals(mark + "0")) {
                    throw new IOException("`%s` failed in the guest: %s".formatted(command, String.join("; ", lines)));
                }
                return lines;
            }
            lines.add(line);
        }
        throw new IOException("`%s` wrote more than %d lines".formatted(command, LINES_MAX));
    }

    /// Sends one line to whatever reads them there.
    public void tell(String line) throws IOException {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /// The next line.
    ///
    /// @throws IOException also if none comes in time
    public String line(Duration patience) throws IOException {
        channel.socket().setSoTimeout((int) Math.max(1, patience.toMillis()));
        try {
            String line = in.readLine();
            if (line == null) {
                throw new EOFException("the guest's shell has ended");
            }
            return line;
        } catch (SocketTimeoutException e) {
            throw new IOException("the guest's shell said nothing for " + patience.toMillis() + " ms", e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
