package understudy.agent.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import understudy.api.Checkpoints;
import understudy.api.ClusterStatus;
import understudy.api.Disk;
import understudy.api.Event;
import understudy.api.ForceStartPlan;
import understudy.api.HostStatus;
import understudy.api.Json;
import understudy.api.Nic;
import understudy.api.Resync;
import understudy.api.Scrub;
import understudy.api.VmRequest;
import understudy.api.VmStatus;
import understudy.api.VolumeStatus;
import understudy.model.Care;
import understudy.model.Hardware;
import understudy.model.Problem;
import understudy.model.VolumeReplica;

/// The OpenAPI document is written by hand; this keeps it true.
class OpenApiTest {
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete", "head");
    private static final List<Class<?>> DOCUMENTS = List.of(
            VmRequest.class,
            VmStatus.class,
            Nic.class,
            Disk.class,
            VolumeStatus.class,
            VolumeReplica.class,
            Resync.class,
            Scrub.class,
            Checkpoints.class,
            Care.class,
            Hardware.class,
            ForceStartPlan.class,
            HostStatus.class,
            ClusterStatus.class,
            Event.class,
            Problem.class);

    @Test
    void itListsExactlyTheRoutesWithTheirQueryParameters() throws IOException {
        Set<String> documented = new TreeSet<>();
        for (Map.Entry<String, JsonNode> path : document().path("paths").properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                if (METHODS.contains(operation.getKey())) {
                    documented.add("%s %s %s"
                            .formatted(
                                    operation.getKey().toUpperCase(Locale.ROOT),
                                    path.getKey(),
                                    queries(operation.getValue())));
                }
            }
        }
        Set<String> routes = new TreeSet<>();
        try (Operations operations = new Operations(new MemoryCluster())) {
            operations.routes().forEach(r -> routes.add(r.method() + " " + r.template() + " " + r.queries()));
        }
        assertThat(documented).isEqualTo(routes);
    }

    @Test
    void itsSchemasHaveTheFieldsOfTheDocuments() throws IOException {
        JsonNode schemas = document().path("components").path("schemas");
        for (Class<?> type : DOCUMENTS) {
            assertThat(schemas.path(type.getSimpleName()).path("properties").propertyNames())
                    .as(type.getSimpleName())
                    .containsExactlyInAnyOrderElementsOf(fields(type));
        }
    }

    private static List<String> queries(JsonNode operation) {
        List<String> names = new ArrayList<>();
        operation.path("parameters").forEach(p -> names.add(p.path("name").asString()));
        return names;
    }

    private static List<String> fields(Class<?> type) {
        List<String> names = new ArrayList<>();
        for (RecordComponent component : Objects.requireNonNull(type.getRecordComponents())) {
            Optional<JsonProperty> renamed =
                    Optional.ofNullable(component.getAccessor().getAnnotation(JsonProperty.class));
            names.add(renamed.map(JsonProperty::value).orElse(component.getName()));
        }
        return names;
    }

    private static JsonNode document() throws IOException {
        try (InputStream document = Objects.requireNonNull(Operations.class.getResourceAsStream("openapi.json"))) {
            return Json.tree(document.readAllBytes());
        }
    }
}
