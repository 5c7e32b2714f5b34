package understudy.qemu;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What a migration stream tells before its device sections: the same for a VM's whole life under one QEMU,
/// save the contents of its small RAM blocks. The arrays are not copied; whoever makes a head gives them
/// away.
///
/// @param configuration the configuration section as it stood in the stream, its kind byte and subsections
///                      included
/// @param machine       the machine type that it names, such as `pc-q35-7.2`
/// @param ram           the RAM section's identity
/// @param blocks        all RAM blocks, in the stream's order, the shared ones included
/// @param contents      the bytes of those that are not in shared memory, by name; each as long as its block
/// @param commands      commands found before the RAM section's end, as they stood in the stream
@SuppressWarnings("ArrayRecordComponent") // opaque and large; compared by nobody
public record StreamHead(
        byte[] configuration,
        String machine,
        RamSection ram,
        List<RamBlock> blocks,
        Map<String, byte[]> contents,
        List<byte[]> commands) {

    /// @param id      the section's number in this VM
    /// @param version QEMU's format version of RAM sections
    public record RamSection(int id, int instance, int version) {}

    public StreamHead {
        blocks = List.copyOf(blocks);
        contents = Map.copyOf(contents);
        commands = List.copyOf(commands);
        for (Map.Entry<String, byte[]> entry : contents.entrySet()) {
            if (blocks.stream()
                    .noneMatch(b -> b.name().equals(entry.getKey()) && b.length() == entry.getValue().length)) {
                throw new IllegalArgumentException("%d bytes of content for RAM block '%s', which is not of that length"
                        .formatted(entry.getValue().length, entry.getKey()));
            }
        }
    }

    /// The same VM with newer contents of some small blocks.
    ///
    /// @throws IllegalArgumentException if one of them is no block of this length
    public StreamHead withContents(Map<String, byte[]> newer) {
        Map<String, byte[]> all = new HashMap<>(contents);
        all.putAll(newer);
        return new StreamHead(configuration, machine, ram, blocks, all, commands);
    }

    /// The blocks whose bytes are not in the stream: they are in memory that both sides share or copy by
    /// themselves.
    public List<RamBlock> sharedBlocks() {
        return blocks.stream().filter(b -> !contents.containsKey(b.name())).toList();
    }
}
