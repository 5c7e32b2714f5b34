package understudy.model;

import java.util.regex.Pattern;

/// The one rule for names that people give to hosts and VMs: they end up in file names, interface names and
/// host names.
final class Names {
    private static final Pattern RULE = Pattern.compile("[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?");

    private Names() {}

    static String checked(String what, String value) {
        if (!RULE.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "%s '%s': a name has 1 to 32 of a-z, 0-9 and '-', and '-' neither first nor last"
                            .formatted(what, value));
        }
        return value;
    }
}
