package understudy.agent.rest;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import understudy.api.Checkpoints;
import understudy.api.ClusterStatus;
import understudy.api.HostState;
import understudy.api.HostStatus;
import understudy.api.Scrub;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.api.VolumeState;
import understudy.api.VolumeStatus;
import understudy.model.VolumeReplica;

/// The cluster as an agent sees it, in the formats that Prometheus reads; `docs/reference/metrics.md` lists all of
/// them.
///
/// Made anew for each request, from what the other operations answer: so there is nothing to keep up to date.
///
/// Threads: one.
final class Metrics {
    private static final double MILLIS = 1e-3;
    private static final int PAGE_BYTES = 4096;

    private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();
    private final Map<String, CounterSnapshot.Builder> counters = new LinkedHashMap<>();

    private Metrics() {}

    /// An answer.
    ///
    /// @param contentType names the format
    record Page(String contentType, String text) {}

    /// @param accept what the caller says that it reads, if it says so
    static Page of(ClusterStatus cluster, List<HostStatus> hosts, List<VmStatus> vms, Optional<String> accept)
            throws IOException {
        Metrics metrics = new Metrics();
        metrics.add(cluster);
        hosts.forEach(metrics::add);
        vms.forEach(metrics::add);
        ExpositionFormatWriter writer = ExpositionFormats.init().findWriter(accept.orElse(""));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        writer.write(text, metrics.snapshots());
        return new Page(writer.getContentType(), text.toString(StandardCharsets.UTF_8));
    }

    private MetricSnapshots snapshots() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        gauges.values().stream()
                .<MetricSnapshot>map(GaugeSnapshot.Builder::build)
                .forEach(all::metricSnapshot);
        counters.values().stream()
                .<MetricSnapshot>map(CounterSnapshot.Builder::build)
                .forEach(all::metricSnapshot);
        return all.build();
    }

    private void gauge(String name, String help, double value, String... labels) {
        gauges.computeIfAbsent(
                        name,
                        _ -> GaugeSnapshot.builder().name("understudy_" + name).help(help))
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value(value)
                        .labels(Labels.of(labels))
                        .build());
    }

    private void gauge(String name, String help, boolean value, String... labels) {
        gauge(name, help, value ? 1 : 0, labels);
    }

    private void gauge(String name, String help, long value, String... labels) {
        gauge(name, help, (double) value, labels);
    }

    private void counter(String name, String help, long value, String... labels) {
        counter(name, help, (double) value, labels);
    }

    private void counter(String name, String help, double value, String... labels) {
        counters.computeIfAbsent(
                        name,
                        _ -> CounterSnapshot.builder()
                                .name("understudy_" + name)
                                .help(help))
                .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .value(value)
                        .labels(Labels.of(labels))
                        .build());
    }

    private void add(ClusterStatus it) {
        gauge("cluster_ready", "Whether a majority of the ledger's voters answers.", it.ready());
        gauge("cluster_voters", "Hosts and witnesses that vote.", it.voters().size());
        gauge(
                "cluster_alarms",
                "What somebody should act on: sentences in the status.",
                it.alarms().size());
    }

    private void add(HostStatus it) {
        String host = it.name().value();
        for (HostState state : HostState.values()) {
            gauge(
                    "host_state",
                    "1 for the state that the answering agent sees the host or witness in.",
                    it.state() == state,
                    "host",
                    host,
                    "state",
                    state.toString());
        }
        gauge("host_leader", "Whether it leads the ledger.", it.leader(), "host", host);
        gauge("host_maintenance", "Whether VMs that run there are moved away.", it.maintenance(), "host", host);
        gauge("host_memory_bytes", "RAM that VMs may use in all.", it.memory().bytes(), "host", host);
        gauge(
                "host_memory_free_bytes",
                "What is left of it for further VMs, standbys included.",
                it.memoryFree().bytes(),
                "host",
                host);
        gauge("host_vms", "VMs that run there.", it.vms().size(), "host", host);
        gauge(
                "host_last_copies",
                "What nobody else has, and for which its operating system refuses a shutdown.",
                it.lastCopies().size(),
                "host",
                host);
    }

    private void add(VmStatus it) {
        String vm = it.name().value();
        gauge(
                "vm_info",
                "Always 1; labels tell what the VM is.",
                1,
                "vm",
                vm,
                "level",
                it.level().toString(),
                "policy",
                it.policy().toString(),
                "active",
                it.active().map(Object::toString).orElse(""),
                "standby",
                it.standby().map(Object::toString).orElse(""));
        for (VmState state : VmState.values()) {
            gauge(
                    "vm_state",
                    "1 for the state that the VM is in.",
                    it.state() == state,
                    "vm",
                    vm,
                    "state",
                    state.toString());
        }
        gauge("vm_wanted", "Whether its users want it to run.", it.wanted(), "vm", vm);
        gauge("vm_protected", "Whether it has all that its level promises.", it.isProtected(), "vm", vm);
        gauge(
                "vm_view",
                "The number of its view, which every takeover and every change of a standby adds to.",
                it.view(),
                "vm",
                vm);
        gauge("vm_memory_bytes", "RAM of the guest.", it.memory().bytes(), "vm", vm);
        it.progress()
                .ifPresent(share -> gauge(
                        "vm_copy_ratio", "How much of the first copy of its RAM is done, 0 to 1.", share, "vm", vm));
        it.checkpoints().ifPresent(checkpoints -> add(vm, checkpoints));
        it.disks().forEach(this::add);
    }

    private void add(String vm, Checkpoints it) {
        counter("vm_checkpoints", "Epochs that committed since the VM was last protected.", it.epoch(), "vm", vm);
        counter(
                "vm_paused_seconds",
                "Time that the guest stood still for checkpoints since its active took it up; its own clock may be so far behind.",
                it.guestClockBehindMillis() * MILLIS,
                "vm",
                vm);
        pause(vm, "0.5", it.pauseP50Millis());
        pause(vm, "0.99", it.pauseP99Millis());
        gauge(
                "vm_paused_ratio",
                "Share of time that the guest stood still, over the last 5 s.",
                it.pausedShare(),
                "vm",
                vm);
        if (it.perSecond() > 0) {
            gauge(
                    "vm_epoch_seconds",
                    "Mean time from one checkpoint to the next, over the last 5 s.",
                    1 / it.perSecond(),
                    "vm",
                    vm);
        }
        gauge(
                "vm_checkpoint_pages",
                "RAM pages of 4 KiB in a checkpoint, median over the last 5 s.",
                it.pagesPerCheckpoint(),
                "vm",
                vm);
        gauge(
                "vm_checkpoint_sent_bytes",
                "What a checkpoint sends, packed or not, mean over the last 5 s.",
                it.bytesPerCheckpoint(),
                "vm",
                vm);
        gauge(
                "vm_dirty_bytes_per_second",
                "RAM that the guest writes, as pages that checkpoints take, over the last 5 s.",
                it.dirtyPagesPerSecond() * PAGE_BYTES,
                "vm",
                vm);
        gauge(
                "vm_gate_wait_seconds",
                "From a checkpoint to its commit, for which output waits, median over the last 5 s.",
                it.gateWaitP50Millis() * MILLIS,
                "vm",
                vm);
        counter(
                "vm_verified_pages",
                "RAM pages compared with the standby's copy since the VM was last protected.",
                it.verifiedPages(),
                "vm",
                vm);
        counter(
                "vm_verify_failures",
                "How many of them differed; anything but 0 is a bug.",
                it.verifyFailures(),
                "vm",
                vm);
    }

    private void pause(String vm, String quantile, double millis) {
        gauge(
                "vm_checkpoint_pause_seconds",
                "How long the guest stood still for a checkpoint, over the last 5 s.",
                millis * MILLIS,
                "vm",
                vm,
                "quantile",
                quantile);
    }

    private void add(VolumeStatus it) {
        String vm = it.vm().value();
        for (VolumeState state : VolumeState.values()) {
            gauge(
                    "volume_state",
                    "1 for the state that the volume is in.",
                    it.state() == state,
                    "vm",
                    vm,
                    "disk",
                    it.name(),
                    "state",
                    state.toString());
        }
        gauge("volume_size_bytes", "As the guest sees it.", it.size().bytes(), "vm", vm, "disk", it.name());
        for (VolumeReplica replica : it.replicas()) {
            gauge(
                    "volume_replica_in_sync",
                    "Whether the host holds all that was ever acknowledged.",
                    replica.inSync(),
                    "vm",
                    vm,
                    "disk",
                    it.name(),
                    "host",
                    replica.host().value());
        }
        it.progress()
                .ifPresent(share -> gauge(
                        "volume_resync_ratio",
                        "How much of the copy that brings a replica back is done, 0 to 1.",
                        share,
                        "vm",
                        vm,
                        "disk",
                        it.name()));
        it.scrub().filter(scrub -> scrub.ended().isPresent()).ifPresent(scrub -> add(vm, it.name(), scrub));
    }

    private void add(String vm, String disk, Scrub it) {
        gauge(
                "volume_scrub_bad_blocks",
                "Blocks of 4 KiB that the last scrub found corrupt or different.",
                it.found(),
                "vm",
                vm,
                "disk",
                disk);
        gauge(
                "volume_scrub_unmended_blocks",
                "Those of them without any good copy.",
                it.unmended(),
                "vm",
                vm,
                "disk",
                disk);
        gauge(
                "volume_scrub_end_timestamp_seconds",
                "When the last scrub ended.",
                it.ended().orElseThrow().getEpochSecond(),
                "vm",
                vm,
                "disk",
                disk);
    }
}
