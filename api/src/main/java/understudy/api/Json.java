package understudy.api;

import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.ser.std.ToStringSerializer;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.Hardware;
import understudy.model.HostName;
import understudy.model.MacAddress;
import understudy.model.RestartLimit;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VolumeId;

/// How documents look in JSON. Names, addresses and sizes are plain strings, an absent value is `null`, times are
/// ISO 8601 in UTC.
///
/// What an agent is sent is read strictly: an unknown or repeated field or another type than the expected one
/// is an error, because a wish that is half understood is worse than one that is refused. What an agent answers
/// is read with unknown fields ignored, because it may be newer than its client.
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(plainStrings())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .enable(EnumFeature.READ_ENUMS_USING_TO_STRING)
            .enable(EnumFeature.WRITE_ENUMS_USING_TO_STRING)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    private Json() {}

    /// One line.
    public static String line(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /// Indented, for people.
    public static String pretty(Object value) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    }

    public static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /// An empty object to be filled in.
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /// Reads any JSON.
    ///
    /// @throws JacksonException if it is none; [JsonProblems] explains it
    public static JsonNode tree(byte[] json) {
        return MAPPER.readTree(json);
    }

    /// Reads a wish for a VM, and fills in what nobody said.
    ///
    /// @throws JacksonException if it is not one; [JsonProblems] explains it
    public static VmRequest vmRequest(JsonNode json) {
        if (!(json instanceof ObjectNode given)) {
            throw MismatchedInputException.from(MAPPER.treeAsTokens(json), VmRequest.class, "not an object");
        }
        ObjectNode whole = given.deepCopy();
        whole.putIfAbsent("policy", whole.stringNode("balanced"));
        whole.putIfAbsent("cpus", whole.numberNode(1));
        whole.putIfAbsent("nics", whole.arrayNode());
        whole.putIfAbsent("disks", whole.arrayNode());
        whole.putIfAbsent("append", whole.stringNode(""));
        whole.putIfAbsent("hosts", whole.arrayNode());
        whole.putIfAbsent("stopped", whole.booleanNode(false));
        whole.putIfAbsent("care", whole.objectNode());
        if (whole.get("care") instanceof ObjectNode care) {
            care.putIfAbsent("restartLimit", care.stringNode(RestartLimit.DEFAULT.toString()));
            care.putIfAbsent("startOrder", care.numberNode(Care.USUAL_ORDER));
            care.putIfAbsent("startDelaySeconds", care.numberNode(0));
        }
        whole.putIfAbsent("hardware", whole.objectNode());
        if (whole.get("hardware") instanceof ObjectNode hardware) {
            hardware.putIfAbsent(
                    "devices", hardware.stringNode(Hardware.DEFAULT.devices().toString()));
            hardware.putIfAbsent("screen", hardware.booleanNode(Hardware.DEFAULT.screen()));
            hardware.putIfAbsent(
                    "clock", hardware.stringNode(Hardware.DEFAULT.clock().toString()));
            hardware.putIfAbsent("hyperV", hardware.booleanNode(Hardware.DEFAULT.hyperV()));
        }
        return MAPPER.treeToValue(whole, VmRequest.class);
    }

    /// Reads an answer of an agent; fields that this client does not know are ignored.
    ///
    /// @throws JacksonException if it is not of that type
    static <T> T answer(byte[] json, Class<T> type) {
        ObjectReader reader = MAPPER.readerFor(type).without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        return reader.readValue(json);
    }

    /// As a newer agent may have written it: fields that are not known here are ignored.
    ///
    /// @throws JacksonException if it is not of that type
    public static <T> T lenient(JsonNode json, Class<T> type) {
        ObjectReader reader = MAPPER.readerFor(type).without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        return reader.readValue(json);
    }

    private static SimpleModule plainStrings() {
        SimpleModule module = new SimpleModule("understudy");
        plain(module, VmName.class, VmName::new);
        plain(module, HostName.class, HostName::new);
        plain(module, MacAddress.class, MacAddress::new);
        plain(module, VmId.class, VmId::parse);
        plain(module, VolumeId.class, VolumeId::parse);
        plain(module, ByteSize.class, ByteSize::parse);
        plain(module, RestartLimit.class, RestartLimit::parse);
        return module;
    }

    private static <T> void plain(SimpleModule module, Class<T> type, Function<String, T> parse) {
        module.addSerializer(type, ToStringSerializer.instance);
        module.addDeserializer(type, new PlainString<>(type, parse));
    }

    /// Reads a value that checks itself from a string; a size from a whole number, too.
    private static final class PlainString<T> extends StdDeserializer<T> {
        private final Class<T> type;
        private final Function<String, T> parse;

        PlainString(Class<T> type, Function<String, T> parse) {
            super(type);
            this.type = type;
            this.parse = parse;
        }

        @Override
        public T deserialize(JsonParser parser, DeserializationContext context) {
            boolean isSize = parser.currentToken() == JsonToken.VALUE_NUMBER_INT && type == ByteSize.class;
            if (parser.currentToken() != JsonToken.VALUE_STRING && !isSize) {
                throw context.wrongTokenException(parser, type, JsonToken.VALUE_STRING, "not a string");
            }
            String text = parser.getString();
            try {
                return parse.apply(text);
            } catch (IllegalArgumentException e) {
                throw InvalidFormatException.from(parser, String.valueOf(e.getMessage()), text, type);
            }
        }
    }
}
