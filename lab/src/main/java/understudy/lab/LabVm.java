package understudy.lab;

import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import understudy.api.ApiClient;
import understudy.api.Disk;
import understudy.api.Nic;
import understudy.api.VmRequest;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.Hardware;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;
import understudy.model.Problem;
import understudy.model.VmName;

/// A VM with the lab guest in it, created through the API as any user would.
public final class LabVm {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int ECHO_PORT = 7;
    private static final int SHELL_PORT = 23;

    private final ApiClient api;
    private final VmName name;
    private final String address;

    /// What is wanted.
    ///
    /// @param address the guest's in the lab's LAN, such as `10.77.0.10`
    /// @param hosts   which may run it; empty for any two, one for a VM that is never protected
    /// @param disks   the sizes of its disks
    /// @param level   component with the first disk, system without, unless it is said
    public record Wish(
            String name,
            String address,
            ByteSize memory,
            int cpus,
            Policy policy,
            List<String> hosts,
            List<ByteSize> disks,
            Level level,
            Care care,
            Hardware hardware) {
        public Wish {
            hosts = List.copyOf(hosts);
            disks = List.copyOf(disks);
        }

        public Wish(
                String name,
                String address,
                ByteSize memory,
                int cpus,
                Policy policy,
                List<String> hosts,
                List<ByteSize> disks) {
            this(
                    name,
                    address,
                    memory,
                    cpus,
                    policy,
                    hosts,
                    disks,
                    disks.isEmpty() ? Level.SYSTEM : Level.COMPONENT,
                    Care.DEFAULT,
                    Hardware.DEFAULT);
        }

        public Wish(String name, String address, ByteSize memory, int cpus, Policy policy, List<String> hosts) {
            this(name, address, memory, cpus, policy, hosts, List.of());
        }

        /// 256 MiB, one CPU, the default policy, no disk.
        public static Wish usual(String name) {
            return new Wish(name, "10.77.0.10", ByteSize.ofMebibytes(256), 1, Policy.BALANCED, List.of("h1", "h2"));
        }

        /// @param other in the lab's LAN, from 10.77.0.10 up
        public Wish at(String other) {
            return new Wish(name, other, memory, cpus, policy, hosts, disks, level, care, hardware);
        }

        public Wish with(Policy other) {
            return new Wish(name, address, memory, cpus, other, hosts, disks, level, care, hardware);
        }

        Wish with(ByteSize otherMemory) {
            return new Wish(name, address, otherMemory, cpus, policy, hosts, disks, level, care, hardware);
        }

        public Wish onlyOn(String host) {
            return new Wish(name, address, memory, cpus, policy, List.of(host), disks, level, care, hardware);
        }

        /// @param first preferred to run it
        public Wish on(String first, String second) {
            return new Wish(name, address, memory, cpus, policy, List.of(first, second), disks, level, care, hardware);
        }

        public Wish at(Level other) {
            return new Wish(name, address, memory, cpus, policy, hosts, disks, other, care, hardware);
        }

        public Wish withDisk(ByteSize size) {
            List<ByteSize> all = new ArrayList<>(disks);
            all.add(size);
            return new Wish(name, address, memory, cpus, policy, hosts, all, Level.COMPONENT, care, hardware);
        }

        public Wish with(Care other) {
            return new Wish(name, address, memory, cpus, policy, hosts, disks, level, other, hardware);
        }

        public Wish with(Hardware other) {
            return new Wish(name, address, memory, cpus, policy, hosts, disks, level, care, other);
        }
    }

    private LabVm(ApiClient api, VmName name, String address) {
        this.api = api;
        this.name = name;
        this.address = address;
    }

    /// A client of the lab's API.
    public static ApiClient api(Lab lab) {
        return new ApiClient(lab.urls().stream().map(URI::create).toList());
    }

    public static LabVm create(ApiClient api, LabGuest guest, Wish wish) {
        List<Disk> disks = wish.disks.stream()
                .map(size -> new Disk(Optional.of(size), Optional.empty()))
                .toList();
        return create(api, wish, disks, Optional.of(guest));
    }

    /// One that boots from its disk.
    ///
    /// @param wish its disks, its memory and its address are the guest's
    public static LabVm create(ApiClient api, DebianGuest guest, Wish wish) {
        Disk disk = new Disk(Optional.empty(), Optional.of(api.upload(guest.disk(), _ -> {})));
        return create(api, wish.at(DebianGuest.ADDRESS).with(DebianGuest.MEMORY), List.of(disk), Optional.empty());
    }

    private static LabVm create(ApiClient api, Wish wish, List<Disk> disks, Optional<LabGuest> kernel) {
        api.create(new VmRequest(
                new VmName(wish.name),
                wish.level,
                wish.policy,
                wish.memory,
                wish.cpus,
                List.of(new Nic(Optional.empty())),
                disks,
                kernel.map(guest -> api.upload(guest.kernel(), _ -> {})),
                kernel.map(guest -> api.upload(guest.initrd(), _ -> {})),
                kernel.map(_ -> LabGuest.commandLine(wish.address + "/24")).orElse(""),
                wish.hosts.stream().map(HostName::new).toList(),
                false,
                Optional.empty(),
                Optional.empty(),
                wish.care,
                wish.hardware));
        return new LabVm(api, new VmName(wish.name), wish.address);
    }

    public VmName name() {
        return name;
    }

    public VmStatus status() {
        return api.vm(name);
    }

    /// Where it answers every byte with the same byte, by TCP and UDP.
    public InetSocketAddress echo() {
        return new InetSocketAddress(address, ECHO_PORT);
    }

    /// Where it runs what it is told, by TCP.
    public InetSocketAddress shell() {
        return new InetSocketAddress(address, SHELL_PORT);
    }

    /// Ends it at once, without asking its guest, and forgets it.
    ///
    /// @throws Problem.Refused if it is not gone in time
    public void delete(Duration patience, Progress progress) {
        api.stop(name, true);
        await("to be stopped", patience, progress, vm -> vm.state() == VmState.STOPPED);
        api.delete(name);
    }

    public VmStatus awaitRunning(Duration patience, Progress progress) {
        return await("to run", patience, progress, vm -> vm.state() == VmState.RUNNING);
    }

    public VmStatus awaitProtected(Duration patience, Progress progress) {
        return await("to be protected", patience, progress, VmStatus::isProtected);
    }

    /// @throws Problem.Refused if it is not so in time
    public VmStatus await(String what, Duration patience, Progress progress, Predicate<VmStatus> condition) {
        long end = System.nanoTime() + patience.toNanos();
        String last = "";
        while (true) {
            try {
                VmStatus vm = status();
                if (condition.test(vm)) {
                    return vm;
                }
                last = vm.state()
                        + (vm.reason().isEmpty() ? "" : ", " + vm.reason())
                        + vm.progress()
                                .map(p -> " (%.0f %%)".formatted(100 * p))
                                .orElse("");
            } catch (Problem.Refused notNow) {
                last = notNow.problem().message();
            }
            if (System.nanoTime() - end > 0) {
                throw Problem.of(
                                "not-in-time",
                                "Waited %d s for VM %s %s: %s".formatted(patience.toSeconds(), name, what, last),
                                "Look at understudy events, and at the agents' logs.")
                        .refused();
            }
            progress.waiting("VM " + name + ": " + last);
            LockSupport.parkNanos(POLL.toNanos());
        }
    }
}
