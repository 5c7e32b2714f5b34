package understudy.systemtests;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import understudy.lab.Lab;
import understudy.model.MacAddress;

/// Counts the frames of one guest at the LAN's switch, by the host that they come from: what no agent can be
/// wrong about.
final class LanWatch implements AutoCloseable {
    private static final String TABLE = "watch";
    private static final Pattern COUNTER = Pattern.compile("counter packets ([0-9]+)");

    private final Path namespace;

    private LanWatch(Path namespace) {
        this.namespace = namespace;
    }

    static LanWatch of(Lab lab, MacAddress guest) {
        LanWatch watch = new LanWatch(lab.lanNamespace());
        StringBuilder script = new StringBuilder(
                "add table netdev %1$s; delete table netdev %1$s; add table netdev %1$s; ".formatted(TABLE));
        for (String host : List.of("h1", "h2")) {
            script.append("add chain netdev %s %s { type filter hook ingress device \"%s\" priority -10; }; "
                    .formatted(TABLE, host, host));
            script.append("add rule netdev %s %s ether saddr %s counter; ".formatted(TABLE, host, guest));
        }
        watch.nft(script.toString());
        return watch;
    }

    /// How many the switch has got from `host`, since the watch began.
    long framesFrom(String host) {
        Matcher counter = COUNTER.matcher(nft("list chain netdev %s %s".formatted(TABLE, host)));
        if (!counter.find()) {
            throw new IllegalStateException("no counter for " + host);
        }
        return Long.parseLong(counter.group(1));
    }

    private String nft(String script) {
        return Node.run(List.of("nsenter", "--net=" + namespace, "nft", script));
    }

    @Override
    public void close() {
        nft("delete table netdev " + TABLE);
    }
}
