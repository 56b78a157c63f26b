package io.modeltoecs.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.engine.StepException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures of images, with keys of openssl, which verifies them. */
class ImageSignatureTest {
    @TempDir Path scratch;

    private String openssl(String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command).directory(scratch.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private SigningKey key(String name) throws Exception {
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name);
        openssl("pkey", "-in", name, "-pubout", "-out", name + ".pub");
        return SigningKey.parse(Files.readString(scratch.resolve(name)));
    }

    @Test
    void anImageIsSignedOnceByEachKey() throws Exception {
        try (LocalRegistry registry = new LocalRegistry(scratch)) {
            String base = registry.base("base/python:3.11", Map.of("PYTHON_VERSION", "3.11.2"));
            Project project = new Project(scratch.resolve("a"), scratch.resolve("c")).write("app.py", "a = 1\n");
            Assembly assembly =
                    project.build()
                            .assemble(
                                    Orders.on(registry.host(), "signed", base),
                                    LocalRegistry.LOGIN,
                                    project.lines::add);
            SigningKey one = key("one");
            SigningKey two = key("two");
            BuiltImage image = push(project, assembly.signed(one));
            String tag = "signed/manifests/" + image.digest().replace(':', '-') + ".sig";
            JsonNode first = registry.json(tag);
            assertThat(first.path("layers")).hasSize(1);
            verify(registry, first.path("layers").get(0), "one", image.digest());

            push(project, assembly.signed(one));
            assertThat(registry.json(tag)).isEqualTo(first);
            push(project, assembly.signed(two));
            JsonNode both = registry.json(tag).path("layers");
            assertThat(both).hasSize(2);
            assertThat(both.get(0)).isEqualTo(first.path("layers").get(0));
            verify(registry, both.get(1), "two", image.digest());
            assertThat(project.lines)
                    .containsSubsequence(
                            "signature: attached", "signature: there already", "signature: attached");
        }
    }

    /** As where tags are immutable. */
    @Test
    void aSecondKeyWhereTheFirstOnesSignatureStays() throws Exception {
        try (LocalRegistry registry = new LocalRegistry(scratch);
                Front front =
                        new Front(
                                registry.host(),
                                exchange -> {
                                    String path = exchange.getRequestURI().getPath();
                                    return exchange.getRequestMethod().equals("PUT")
                                                    && path.endsWith(".sig")
                                                    && !registry.requests(
                                                                    ".*\"PUT .*\\.sig.* 201 .*")
                                                            .isEmpty()
                                            ? 400
                                            : 0;
                                })) {
            String base = registry.base("base/python:3.11", Map.of("PYTHON_VERSION", "3.11.2"));
            Project project =
                    new Project(scratch.resolve("a"), scratch.resolve("c")).write("app.py", "a = 1\n");
            Assembly assembly =
                    project.build()
                            .assemble(
                                    Orders.on(
                                            front.host(),
                                            "kept",
                                            base.replace(registry.host(), front.host())),
                                    LocalRegistry.LOGIN,
                                    project.lines::add);
            push(project, assembly.signed(key("one")));
            Assembly again = assembly.signed(key("two"));
            assertThatThrownBy(() -> push(project, again))
                    .isInstanceOf(StepException.class)
                    .hasMessageContainingAll(
                            ".sig' of " + front.host() + "/kept names sha256:",
                            "another key's signature is there",
                            "IMMUTABLE_WITH_EXCLUSION");
        }
    }

    private static BuiltImage push(Project project, Assembly assembly) throws Exception {
        return project.build().push(assembly, LocalRegistry.LOGIN, project.lines::add);
    }

    private void verify(LocalRegistry registry, JsonNode layer, String key, String digest)
            throws Exception {
        byte[] payload = registry.get("signed/blobs/" + layer.path("digest").asText());
        assertThat(new String(payload, StandardCharsets.UTF_8))
                .contains("\"docker-manifest-digest\":\"" + digest + "\"");
        Files.write(scratch.resolve("payload"), payload);
        Files.write(
                scratch.resolve("signature"),
                Base64.getDecoder()
                        .decode(
                                layer.path("annotations")
                                        .path("dev.cosignproject.cosign/signature")
                                        .asText()));
        openssl("dgst", "-sha256", "-verify", key + ".pub", "-signature", "signature", "payload");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out other",
                "genpkey -algorithm RSA -out other",
                "ecparam -genkey -name prime256v1 -noout -out other",
                "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-128-cbc -pass pass:pw -out other"
            })
    void anotherKeyIsRefusedWithoutAWordOfIt(String arguments) throws Exception {
        openssl(arguments.split(" "));
        String pem = Files.readString(scratch.resolve("other"));
        assertThatThrownBy(() -> SigningKey.parse(pem))
                .isInstanceOf(StepException.class)
                .hasNoCause()
                .hasMessageContainingAll("'signingCredentialsId'", "P-256", "openssl genpkey")
                .hasMessageNotContaining(pem.lines().skip(1).findFirst().orElseThrow());
    }
}
