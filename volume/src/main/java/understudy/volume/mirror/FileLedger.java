package understudy.volume.mirror;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import understudy.linux.DurableFile;

/// The ledger of a volume that is served stand-alone: one small text file, replaced as a whole; so it is
/// always a whole view.
///
/// It should not be on the disk of the replica: that disk's failure could not be noted then, and I/O would
/// wait.
public final class FileLedger implements VolumeLedger {
    private static final String HEAD = "understudy-volume-view 1";
    private static final long SIZE_MAX = 4096;

    private final Path file;

    public FileLedger(Path file) {
        this.file = file.toAbsolutePath();
    }

    @Override
    public Optional<VolumeView> read() throws IOException {
        try {
            if (Files.size(file) > SIZE_MAX) {
                throw damaged("it has more than " + SIZE_MAX + " bytes");
            }
            return Optional.of(parse(Files.readString(file)));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    @Override
    public VolumeView propose(VolumeView view) throws IOException {
        Optional<VolumeView> known = read();
        long number = known.map(VolumeView::number).orElse(0L);
        if (view.number() != number + 1) {
            return known.orElseThrow(() -> new IOException("view " + view.number() + " before there is any"));
        }
        DurableFile.write(file, format(view).getBytes(StandardCharsets.UTF_8));
        return view;
    }

    /// For example, with a checksum of all lines before it at the end:
    /// ```
    /// understudy-volume-view 1
    /// number 3
    /// proposal 2f1c…
    /// in-sync 77aa… boot 0c4e…
    /// check 89abcdef
    /// ```
    static String format(VolumeView view) {
        StringBuilder text = new StringBuilder(HEAD + "\n");
        text.append("number ").append(view.number()).append('\n');
        text.append("proposal ").append(view.proposal()).append('\n');
        for (VolumeView.Member member : view.inSync()) {
            text.append("in-sync ")
                    .append(member.replica())
                    .append(" boot ")
                    .append(member.boot())
                    .append('\n');
        }
        return text + "check " + check(text.toString()) + "\n";
    }

    private static String check(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(crc.getValue());
    }

    VolumeView parse(String text) throws IOException {
        int last = text.lastIndexOf("check ");
        if (last < 0 || !text.equals(text.substring(0, last) + "check " + check(text.substring(0, last)) + "\n")) {
            throw damaged("its checksum does not fit");
        }
        try {
            String[] lines = text.split("\n", -1);
            if (!lines[0].equals(HEAD)) {
                throw damaged("it does not begin with '" + HEAD + "'");
            }
            long number = Long.parseLong(after(lines[1], "number "));
            UUID proposal = UUID.fromString(after(lines[2], "proposal "));
            List<VolumeView.Member> members = new ArrayList<>();
            for (int i = 3; !lines[i].startsWith("check "); i++) {
                String[] words = after(lines[i], "in-sync ").split(" boot ", -1);
                members.add(new VolumeView.Member(UUID.fromString(words[0]), UUID.fromString(words[1])));
            }
            return new VolumeView(number, members, proposal);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private static String after(String line, String prefix) {
        if (!line.startsWith(prefix)) {
            throw new IllegalArgumentException("no '" + prefix.strip() + "' in '" + line + "'");
        }
        return line.substring(prefix.length());
    }

    private IOException damaged(String why) {
        return new IOException(file + " is no view of a volume: " + why);
    }
}
