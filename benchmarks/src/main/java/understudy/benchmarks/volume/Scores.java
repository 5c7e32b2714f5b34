package understudy.benchmarks.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import understudy.benchmarks.Figures;

/// Samples, put in relation.
record Scores(List<VolumeSample> samples) {
    Scores {
        samples = List.copyOf(samples);
    }

    boolean has(Contestant contestant, Workload workload) {
        return samples.stream().anyMatch(it -> it.contestant() == contestant && it.workload() == workload);
    }

    /// How often it failed.
    int failures(Contestant contestant, Workload workload) {
        return (int) samples.stream()
                .filter(it -> it.contestant() == contestant && it.workload() == workload)
                .filter(it -> it.figures().isEmpty())
                .count();
    }

    /// Over the rounds; empty if all failed.
    OptionalDouble median(Contestant contestant, Workload workload, ToDoubleFunction<VolumeSample.Measured> figure) {
        return Figures.median(samples.stream()
                .filter(it -> it.contestant() == contestant && it.workload() == workload)
                .flatMap(it -> it.figures().stream())
                .map(figure::applyAsDouble)
                .toList());
    }

    /// How many times the best of `others` one server's rate is: the median of the rounds' ratios, for what is
    /// measured within seconds of each other is comparable. A round in which all others failed does not count.
    OptionalDouble ratio(Contestant ours, Workload workload, List<Contestant> others) {
        List<Double> ratios = new ArrayList<>();
        for (VolumeSample sample : samples) {
            if (sample.contestant() == ours && sample.workload() == workload) {
                OptionalDouble theirs = best(others, workload, sample.round());
                if (theirs.isPresent()) {
                    double rate =
                            sample.figures().map(VolumeSample.Measured::rate).orElse(0.0);
                    ratios.add(rate / theirs.getAsDouble());
                }
            }
        }
        return Figures.median(ratios);
    }

    private OptionalDouble best(List<Contestant> contestants, Workload workload, int round) {
        return samples.stream()
                .filter(it -> contestants.contains(it.contestant()) && it.workload() == workload)
                .filter(it -> it.round() == round)
                .flatMap(it -> it.figures().stream())
                .mapToDouble(VolumeSample.Measured::rate)
                .max();
    }
}
