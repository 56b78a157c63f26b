package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * For any task definition: what is registered differs from what the service runs in the fields that
 * were asked for, and in the check where one is added, and in nothing else.
 */
class DerivationTest {
    private static Demo demo;

    @BeforeContainer
    static void start() throws IOException {
        demo = new Demo();
    }

    @AfterContainer
    static void stop() {
        demo.close();
    }

    /** Fields that this program knows nothing of, to any depth. */
    private static Arbitrary<JsonNode> anything(int depth) {
        Arbitrary<JsonNode> leaf =
                Arbitraries.oneOf(
                        Arbitraries.strings().ofMaxLength(8).map(it -> Json.MAPPER.getNodeFactory().textNode(it)),
                        Arbitraries.integers().map(it -> Json.MAPPER.getNodeFactory().numberNode(it)),
                        Arbitraries.of(true, false).map(it -> Json.MAPPER.getNodeFactory().booleanNode(it)),
                        Arbitraries.of("1.50", "0.1", "1e3", "12345678901234567890.5")
                                .map(it -> Json.object("{\"n\":" + it + "}").get("n")));
        if (depth == 0) {
            return leaf;
        }
        return Arbitraries.oneOf(
                leaf,
                anything(depth - 1)
                        .list()
                        .ofMaxSize(3)
                        .map(items -> Json.MAPPER.createArrayNode().addAll(items)),
                Arbitraries.maps(key(), anything(depth - 1))
                        .ofMaxSize(3)
                        .map(fields -> Json.object().setAll(fields)));
    }

    private static Arbitrary<String> key() {
        return Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(6).map(it -> "x" + it);
    }

    private static Arbitrary<ArrayNode> entries(String value) {
        Arbitrary<String> name =
                Arbitraries.oneOf(
                        Arbitraries.of("MODEL", "MODEL_SHA256", "PORT", "AWS_REGION", "GIVEN"),
                        Arbitraries.strings().withCharRange('A', 'Z').ofMinLength(1).ofMaxLength(5));
        return Arbitraries.maps(name, Arbitraries.strings().ofMaxLength(8))
                .ofMaxSize(4)
                .map(
                        all -> {
                            ArrayNode array = Json.MAPPER.createArrayNode();
                            all.forEach((k, v) -> array.addObject().put("name", k).put(value, v));
                            return array;
                        });
    }

    private static Arbitrary<ObjectNode> container() {
        return Combinators.combine(
                        Arbitraries.maps(key(), anything(2)).ofMaxSize(3),
                        entries("value").injectNull(0.2),
                        entries("valueFrom").injectNull(0.4),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.of(true, false))
                .as(
                        (unknown, env, secrets, ports, check) -> {
                            ObjectNode container = Json.object();
                            container.put("image", "other/image:1").put("essential", true);
                            container.setAll(unknown);
                            if (env != null) {
                                container.set("environment", env);
                            }
                            if (secrets != null) {
                                // ECS takes a name only once
                                TreeSet<String> taken = new TreeSet<>();
                                container.path("environment").forEach(it -> taken.add(it.path("name").asText()));
                                ArrayNode left = container.putArray("secrets");
                                secrets.forEach(
                                        it -> {
                                            if (!taken.contains(it.path("name").asText())) {
                                                left.add(it);
                                            }
                                        });
                            }
                            for (int i = 0; i < ports; i++) {
                                container.withArray("portMappings").addObject().put("containerPort", 8000 + i);
                            }
                            if (check) {
                                container.putObject("healthCheck").putArray("command").add("CMD").add("true");
                            }
                            return container;
                        });
    }

    @Provide
    Arbitrary<ObjectNode> definitions() {
        return Combinators.combine(
                        Arbitraries.maps(key(), anything(2)).ofMaxSize(4),
                        container().list().ofMinSize(1).ofMaxSize(3),
                        entries("value"))
                .as(
                        (unknown, containers, tags) -> {
                            ObjectNode definition = Json.object();
                            definition.put("family", "any").put("taskRoleArn", "arn:role");
                            definition.setAll(unknown);
                            ArrayNode all = definition.putArray("containerDefinitions");
                            for (int i = 0; i < containers.size(); i++) {
                                all.add(containers.get(i).put("name", i == 0 ? "web" : "side" + i));
                            }
                            ArrayNode described = definition.putArray("tags");
                            tags.forEach(
                                    it ->
                                            described
                                                    .addObject()
                                                    .put("key", it.path("name").asText())
                                                    .put("value", it.path("value").asText()));
                            return definition;
                        });
    }

    @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
    void changesWhatWasAskedForAndNothingElse(
            @ForAll("definitions") ObjectNode definition, @ForAll boolean balanced) {
        FakeAws aws = demo.aws;
        aws.calls.clear();
        aws.script.clear();
        aws.taskDefinitions.clear();
        ObjectNode first = definition.deepCopy();
        for (JsonNode container : first.path("containerDefinitions")) {
            container
                    .path("secrets")
                    .forEach(it -> aws.parameters.add(it.path("valueFrom").asText()));
        }
        if (!balanced && first.at("/containerDefinitions/0/portMappings").size() != 1) {
            // a check needs to know the one port
            ((ObjectNode) first.at("/containerDefinitions/0"))
                    .putArray("portMappings")
                    .addObject()
                    .put("containerPort", 8080);
        }
        ObjectNode before = first.deepCopy();
        aws.service(aws.registered(first));
        if (!balanced) {
            aws.service.putArray("loadBalancers");
        }
        Run.deploy(
                        aws,
                        Map.of(
                                "image", demo.image,
                                "model", "iris@latest",
                                "container", "web",
                                "readiness", "/readyz",
                                "env", Map.of("GIVEN", "x")))
                .begin()
                .look();

        ObjectNode after = (ObjectNode) aws.called("RegisterTaskDefinition").get(0).deepCopy();

        JsonNode webAfter = after.at("/containerDefinitions/0");
        JsonNode webBefore = before.at("/containerDefinitions/0");
        assertThat(webAfter.path("image").asText()).isEqualTo(aws.byDigest(demo.image));
        assertThat(value(webAfter, "MODEL")).isEqualTo("iris@" + Demo.V2);
        assertThat(value(webAfter, "GIVEN")).isEqualTo("x");
        boolean checked = webBefore.has("healthCheck");
        if (!balanced && !checked) {
            assertThat(webAfter.at("/healthCheck/command").toString()).contains("/readyz");
        } else {
            assertThat(webAfter.path("healthCheck")).isEqualTo(webBefore.path("healthCheck"));
        }
        assertThat(without(after, !balanced && !checked))
                .isEqualTo(without(before, !balanced && !checked));
    }

    private static String value(JsonNode container, String name) {
        for (JsonNode entry : container.path("environment")) {
            if (entry.path("name").asText().equals(name)) {
                return entry.path("value").asText();
            }
        }
        return null;
    }

    /** All but what was asked for. */
    private static ObjectNode without(ObjectNode definition, boolean check) {
        ObjectNode left = definition.deepCopy();
        ObjectNode web = (ObjectNode) left.at("/containerDefinitions/0");
        web.remove("image");
        if (check) {
            web.remove("healthCheck");
        }
        for (String list : List.of("environment", "secrets")) {
            ArrayNode rest = Json.MAPPER.createArrayNode();
            for (JsonNode entry : web.path(list)) {
                String name = entry.path("name").asText();
                boolean ours =
                        name.startsWith("MODEL")
                                || name.equals("GIVEN")
                                || name.equals("AWS_REGION")
                                || name.equals("PORT");
                if (!ours) {
                    rest.add(entry);
                }
            }
            web.remove(list);
            if (!rest.isEmpty()) {
                web.set(list, rest);
            }
        }
        if (left.path("tags").isEmpty()) {
            left.remove("tags");
        }
        return left;
    }
}
