package understudy.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import understudy.lab.Lab;

/// A lab node, looked into from inside.
record Node(Lab lab, String name) {
    private static final int PATIENCE_SECONDS = 20;

    /// What a shell script prints that runs in the node, as root.
    String run(String script) {
        return run(lab.inside(name, List.of("sh", "-c", script)));
    }

    /// The ids of its QEMU processes, as the node itself knows them. A zombie is none.
    List<Long> qemus() {
        return run("ps -eo pid=,stat=,comm= | awk '$2 !~ /^Z/ && $3 ~ /^qemu-system/ { print $1 }'")
                .lines()
                .map(line -> Long.parseLong(line.strip()))
                .toList();
    }

    /// The ids of the QEMU processes of one VM, by its name.
    List<Long> qemusOf(String vm) {
        return run("ps -eo pid=,stat=,args= | awk '$2 !~ /^Z/ && $3 ~ /qemu-system/ && / -name " + vm
                        + ",/ { print $1 }'")
                .lines()
                .map(line -> Long.parseLong(line.strip()))
                .toList();
    }

    void kill(long process) {
        run("kill -9 " + process);
    }

    /// What belongs to VMs and is left in the node: processes, files in shared memory, TAP devices, sockets.
    List<String> remains() {
        List<String> remains = new ArrayList<>();
        qemus().forEach(pid -> remains.add("qemu " + pid));
        run("ls -A /dev/shm; find /run/understudy/vm -mindepth 2 2>/dev/null; "
                        + "ip -brief link show type tun | awk '{print \"tap \" $1}'")
                .lines()
                .forEach(remains::add);
        return remains;
    }

    static String run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            byte[] output = process.getInputStream().readAllBytes();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " failed: " + new String(output, StandardCharsets.UTF_8));
            }
            return new String(output, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
