package understudy.cli;

import java.util.Optional;
import understudy.model.MacAddress;

/// What somebody wrote behind `--nic`.
record NicOption(Optional<MacAddress> mac) {
    /// Stands for an option without a value. Picocli takes an empty one for no card at all.
    static final String ANY = "any";

    private static final String MAC = "mac=";

    /// @throws IllegalArgumentException with a text for people, if it is neither `any` nor `mac=…`
    static NicOption parse(String text) {
        if (text.equals(ANY)) {
            return new NicOption(Optional.empty());
        }
        if (!text.startsWith(MAC)) {
            throw new IllegalArgumentException("'" + text + "': write --nic, or --nic mac=52:54:00:12:34:56");
        }
        return new NicOption(Optional.of(new MacAddress(text.substring(MAC.length()))));
    }
}
