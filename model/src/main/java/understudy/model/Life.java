package understudy.model;

import java.util.UUID;

/// One run of an agent, from its start to its death. What an agent keeps in memory (a staged epoch, a standby's
/// image) is worth nothing in another life, so everything that relies on such memory names the life.
public record Life(UUID value) {
    public static Life parse(String text) {
        return new Life(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString().substring(0, 8);
    }
}
