package understudy.specifications;

import java.util.Map;
import java.util.TreeMap;

/// Values for the constants of a model, as the tables beside the models write them: `MaxView=3 MaxFaults=1`.
final class Bounds {
    private Bounds() {}

    static Map<String, String> of(String text) {
        Map<String, String> bounds = new TreeMap<>();
        for (String one : text.strip().split("\\s+", -1)) {
            String[] parts = one.split("=", 2);
            if (parts.length == 2) {
                bounds.put(parts[0], parts[1]);
            }
        }
        return bounds;
    }
}
