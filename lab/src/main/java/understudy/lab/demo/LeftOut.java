package understudy.lab.demo;

import java.util.List;
import java.util.stream.Stream;
import understudy.lab.demo.DemoFault.Promise;
import understudy.model.Level;

/// A fault that `--fault all` does not show.
///
/// @param why in words
record LeftOut(DemoFault fault, String why) {
    static List<LeftOut> at(Level level) {
        return DemoFault.each().stream()
                .flatMap(fault -> fault.promiseAt(level) instanceof Promise.NotShown(String why)
                        ? Stream.of(new LeftOut(fault, why))
                        : Stream.empty())
                .toList();
    }

    void print() {
        System.out.printf("  left out: %-13s %s%n", fault.word(), why);
    }
}
