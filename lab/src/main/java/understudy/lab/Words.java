package understudy.lab;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// The constants of an enumeration on the command line, in lower case, with hyphens: read, and offered to the shell.
///
/// @param <E> the enumeration
public abstract class Words<E extends Enum<E>> implements ITypeConverter<E>, Iterable<String> {
    private final List<E> constants;

    protected Words(E[] constants) {
        this.constants = List.of(constants);
    }

    /// As people type it: `PEER_LINK` is `peer-link`.
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public E convert(String text) {
        return constants.stream()
                .filter(constant -> of(constant).equals(text))
                .findFirst()
                .orElseThrow(() ->
                        new TypeConversionException("'%s' is none of %s".formatted(text, String.join(", ", all()))));
    }

    @Override
    public Iterator<String> iterator() {
        return all().iterator();
    }

    private List<String> all() {
        return constants.stream().map(Words::of).toList();
    }
}
