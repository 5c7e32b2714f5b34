package understudy.lab;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// `A-B`: what joins two nodes.
record LinkName(String from, String to) {
    static final String EXPLAINED = "Two nodes, as in h1-h2 or h1-w1.";
    static final LinkName NONE = new LinkName("", "");

    /// Reads what a person typed.
    static final class Converter implements ITypeConverter<LinkName> {
        @Override
        public LinkName convert(String text) {
            String[] ends = text.split("-", -1);
            if (ends.length != 2 || ends[0].isEmpty() || ends[1].isEmpty()) {
                throw new TypeConversionException("'" + text + "' is no link: name two nodes, as in h1-h2");
            }
            return new LinkName(ends[0], ends[1]);
        }
    }
}
