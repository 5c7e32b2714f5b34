package understudy.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import understudy.checkpoint.GuestOutput;
import understudy.linux.Tap;
import understudy.model.MacAddress;
import understudy.model.VmId;
import understudy.network.Listener;
import understudy.network.Port;
import understudy.qemu.InstanceDirectory;

/// All network cards of one guest, as the one gate that its output passes.
final class GuestPorts implements GuestOutput, AutoCloseable {
    private final List<Port> ports;

    private GuestPorts(List<Port> ports) {
        this.ports = ports;
    }

    /// Joins the guest's cards to the host's bridge. Nothing leaves before [#open].
    static GuestPorts connect(
            VmId vm, List<MacAddress> nics, InstanceDirectory directory, String bridge, Listener listener)
            throws IOException {
        List<Port> ports = new ArrayList<>();
        try {
            for (int nic = 0; nic < nics.size(); nic++) {
                ports.add(connect(vm, nic, nics.get(nic), directory.nic(nic), bridge, listener));
            }
            return new GuestPorts(ports);
        } catch (IOException e) {
            ports.forEach(Port::close);
            throw e;
        }
    }

    private static Port connect(VmId vm, int nic, MacAddress mac, Path socket, String bridge, Listener listener)
            throws IOException {
        Tap tap = Tap.create(tapName(vm, nic), bridge);
        try {
            Port port = Port.connect(socket, tap, mac, listener);
            port.gate(1);
            return port;
        } catch (IOException e) {
            tap.close();
            throw e;
        }
    }

    /// Linux gives interface names 15 characters.
    private static String tapName(VmId vm, int nic) {
        return "us" + vm.toString().replace("-", "").substring(0, 10) + "n" + nic;
    }

    void open() {
        ports.forEach(Port::open);
    }

    /// Drops what is held; nothing leaves or enters any more.
    void shut() {
        ports.forEach(Port::shut);
    }

    void announce() {
        ports.forEach(Port::announce);
    }

    @Override
    public void gate(long epoch) throws IOException {
        for (Port port : ports) {
            port.gate(epoch);
        }
    }

    @Override
    public void seal() throws IOException {
        for (Port port : ports) {
            port.seal();
        }
    }

    @Override
    public boolean isWaiting() {
        return ports.stream().anyMatch(Port::isOutputWaiting);
    }

    @Override
    public void release(long epoch) {
        ports.forEach(port -> port.release(epoch));
    }

    @Override
    public void close() {
        ports.forEach(Port::close);
    }
}
