package understudy.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import understudy.lab.LabVm;
import understudy.lab.probe.GuestShell;

/// A guest that turns a CPU loop while it is let, and rests else.
///
/// Threads: one.
final class Spinner implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private final Bed bed;
    private final GuestShell control;
    private final GuestShell loop;
    private final int process;

    private Spinner(Bed bed, GuestShell control, GuestShell loop, int process) {
        this.bed = bed;
        this.control = control;
        this.loop = loop;
        this.process = process;
    }

    /// Begins at rest.
    static Spinner in(Bed bed, LabVm vm) throws IOException {
        GuestShell control = bed.shell(vm);
        try {
            GuestShell loop = bed.shell(vm);
            try {
                List<String> said = loop.run("echo $$", ANSWER);
                Spinner spinner = new Spinner(bed, control, loop, Integer.parseInt(said.getLast()));
                loop.tell("exec load spin");
                loop.line(ANSWER); // What is sent before it reads would be the shell's.
                spinner.signal("STOP");
                return spinner;
            } catch (IOException e) {
                loop.close();
                throw e;
            }
        } catch (IOException e) {
            control.close();
            throw e;
        }
    }

    /// Lets it turn for a time that is kept outside the guest, then rest again.
    ///
    /// @return turns a second
    double spin(Duration time) throws IOException {
        signal("CONT");
        turns();
        long began = System.nanoTime();
        bed.pass(time, "measuring");
        double turns = turns();
        double seconds = (System.nanoTime() - began) / 1e9;
        signal("STOP");
        return turns / seconds;
    }

    private void signal(String name) throws IOException {
        control.run("kill -" + name + " " + process, ANSWER);
    }

    /// The turns since it was last asked. The answer comes late by about the same time every time.
    private double turns() throws IOException {
        loop.tell("");
        return Double.parseDouble(loop.line(ANSWER));
    }

    @Override
    public void close() throws IOException {
        loop.close();
        control.close();
    }
}
