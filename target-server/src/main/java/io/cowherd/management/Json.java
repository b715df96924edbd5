package io.cowherd.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The API's JSON: records with `snake_case` names, read strictly.
///
/// Unknown and doubled fields, trailing text, and numbers for strings are refused, with where and what.
///
/// **Threading.** *Immutable.*
final class Json {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .withCoercionConfig(
                            LogicalType.Textual,
                            config ->
                                    config.setCoercion(
                                                    CoercionInputShape.Integer, CoercionAction.Fail)
                                            .setCoercion(
                                                    CoercionInputShape.Float, CoercionAction.Fail)
                                            .setCoercion(
                                                    CoercionInputShape.Boolean,
                                                    CoercionAction.Fail))
                    .disable(JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
                    .defaultPropertyInclusion(
                            JsonInclude.Value.construct(
                                    JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS))
                    .build();

    /// Numbers stay as they were written: a Data% of `0.00` is not `0.0`.
    private static final JsonMapper ANSWERS =
            JsonMapper.builder()
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                    .build();

    private Json() {}

    static byte[] encode(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e); // our own records always encode
        }
    }

    /// The same value as a tree, to be added to.
    static ObjectNode tree(Object value) throws IOException {
        return (ObjectNode) parse(encode(value));
    }

    /// What another server has answered.
    static JsonNode parse(byte[] answer) throws IOException {
        return ANSWERS.readTree(answer);
    }

    static <T> T decode(byte[] body, Class<T> type) throws RequestRefusedException {
        if (body.length == 0) {
            throw refused("The request has no body.", "Send a JSON object.");
        }
        try {
            T value = MAPPER.readValue(body, type);
            if (value == null) {
                throw refused("The body is null.", "Send a JSON object.");
            }
            return value;
        } catch (UnrecognizedPropertyException e) {
            throw refused(
                    "\""
                            + e.getPropertyName()
                            + "\""
                            + at(e.getLocation())
                            + " is not a field here.",
                    "Fields are: "
                            + e.getKnownPropertyIds().stream()
                                    .map(String::valueOf)
                                    .sorted()
                                    .collect(Collectors.joining(", "))
                            + ".");
        } catch (JsonMappingException e) {
            throw refused(field(e) + at(e.getLocation()) + " cannot be used: " + reason(e), "");
        } catch (JsonProcessingException e) {
            throw refused(
                    "The body is not JSON" + at(e.getLocation()) + ": " + e.getOriginalMessage(),
                    "");
        } catch (IOException e) {
            throw new UncheckedIOException(e); // reading an array does no I/O
        }
    }

    private static RequestRefusedException refused(String cause, String correction) {
        return new RequestRefusedException(Problem.invalid(cause, correction));
    }

    /// What our own constructors said, or else Jackson's reason, which names only types of ours that users know.
    private static String reason(JsonMappingException e) {
        if (e instanceof InvalidFormatException format && format.getTargetType().isEnum()) {
            return "\"%s\" is none of %s"
                    .formatted(
                            format.getValue(),
                            Stream.of(format.getTargetType().getEnumConstants())
                                    .map(String::valueOf)
                                    .collect(Collectors.joining(", ")));
        }
        Throwable thrown = e instanceof ValueInstantiationException ? e.getCause() : null;
        String said = thrown == null ? e.getOriginalMessage() : String.valueOf(thrown.getMessage());
        return said.replaceAll("`?(java\\.lang|io\\.cowherd)[.\\w]*[.$](\\w+)`?", "$2");
    }

    private static String field(JsonMappingException e) {
        String path =
                e.getPath().stream()
                        .map(JsonMappingException.Reference::getFieldName)
                        .map(String::valueOf)
                        .collect(Collectors.joining("."));
        return path.isEmpty() ? "The body" : "\"" + path + "\"";
    }

    private static String at(JsonLocation location) {
        return location == null || location.getLineNr() < 0
                ? ""
                : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
    }
}
