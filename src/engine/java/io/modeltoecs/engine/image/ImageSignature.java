package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.registry.Hashes;
import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
import java.io.IOException;
import java.io.Serializable;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;

/**
 * The signature of an image, kept where cosign looks for it: under the tag {@code
 * sha256-<digest>.sig}. It holds no secret.
 * https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 *
 * @param digest of the image
 * @param payload what is signed, which names the image
 * @param signature of the payload
 * @param publicKey the key that it can be verified with
 */
record ImageSignature(String digest, byte[] payload, byte[] signature, byte[] publicKey)
        implements Serializable {
    static final String ALGORITHM = "SHA256withECDSA";
    private static final String TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";
    private static final String SIGNATURE = "dev.cosignproject.cosign/signature";

    private static final String ONE_KEY =
            "another key's signature is there and stays: sign with that key, or exclude the tags sha256-* from immutability (in ECR: IMMUTABLE_WITH_EXCLUSION)";

    static boolean verify(byte[] publicKey, byte[] content, byte[] signature) {
        try {
            Signature verifier = Signature.getInstance(ALGORITHM);
            verifier.initVerify(
                    KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(publicKey)));
            verifier.update(content);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /**
     * Adds it to the signatures that the image has.
     *
     * @return false if it has one of this key already: each signing gives other bytes
     */
    boolean push(RegistryRepository repository) throws IOException, InterruptedException {
        String tag = digest.replace(':', '-') + ".sig";
        Optional<Manifest> there = repository.manifest(tag);
        ArrayNode layers = new ObjectMapper().createArrayNode();
        if (there.isPresent()) {
            for (JsonNode layer : there.get().json().path("layers")) {
                if (isOurs(layer)) {
                    return false;
                }
                layers.add(layer);
            }
        }
        ObjectNode own = Manifest.descriptor(TYPE, payload.length, Hashes.name(payload));
        own.putObject("annotations").put(SIGNATURE, Base64.getEncoder().encodeToString(signature));
        layers.add(own);
        byte[] config = config(layers);
        repository.push(payload);
        repository.push(config);
        ObjectNode manifest = Manifest.form(Manifest.OCI);
        manifest.set(
                "config",
                Manifest.descriptor(ImagePush.CONFIG, config.length, Hashes.name(config)));
        manifest.set("layers", layers);
        repository.tag(Manifest.of(manifest), tag, ONE_KEY);
        return true;
    }

    private boolean isOurs(JsonNode layer) {
        if (!layer.path("digest").asText().equals(Hashes.name(payload))) {
            return false;
        }
        try {
            String encoded = layer.path("annotations").path(SIGNATURE).asText();
            return verify(publicKey, payload, Base64.getDecoder().decode(encoded));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Of no image, but registries want one. */
    private static byte[] config(ArrayNode layers) {
        ObjectNode config = new ObjectMapper().createObjectNode();
        config.put("architecture", "").put("os", "").putObject("config");
        ArrayNode diffIds = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        layers.forEach(layer -> diffIds.add(layer.path("digest").asText()));
        return Manifest.bytes(config);
    }
}
