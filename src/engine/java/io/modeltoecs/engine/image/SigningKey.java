package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.registry.Manifest;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A private key that signs images, on the machine that has it: what leaves it is a signature. An
 * ECDSA key of the curve P-256, as cosign has them.
 */
public final class SigningKey {
    private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String END = "-----END PRIVATE KEY-----";
    // what stands before the point of a public key: in the private key's file, and in one of its
    // own
    private static final byte[] POINT_FOLLOWS = HexFormat.of().parseHex("a144034200");
    private static final byte[] PUBLIC_KEY =
            HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d030107034200");
    private static final int POINT_BYTES = 65;

    private final PrivateKey key;
    private final byte[] publicKey;

    private SigningKey(PrivateKey key, byte[] publicKey) {
        this.key = key;
        this.publicKey = publicKey;
    }

    /**
     * Reads a key.
     *
     * @param pem PKCS #8 in PEM, not encrypted, as {@code openssl genpkey} writes it
     * @throws StepException if it isn't that; without a word of it
     */
    public static SigningKey parse(String pem) {
        int begin = pem.indexOf(BEGIN);
        int end = pem.indexOf(END);
        if (begin < 0 || end < begin) {
            throw unusable();
        }
        try {
            String lines = pem.substring(begin + BEGIN.length(), end).replaceAll("\\s", "");
            byte[] encoded = Base64.getDecoder().decode(lines);
            PrivateKey key =
                    KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            SigningKey signing = new SigningKey(key, publicKey(encoded));
            byte[] probe = {0};
            if (!ImageSignature.verify(signing.publicKey, probe, signing.sign(probe))) {
                throw unusable();
            }
            return signing;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw unusable();
        }
    }

    private static byte[] publicKey(byte[] encoded) {
        int point = encoded.length - POINT_BYTES;
        int before = point - POINT_FOLLOWS.length;
        if (before < 0
                || !Arrays.equals(encoded, before, point, POINT_FOLLOWS, 0, POINT_FOLLOWS.length)) {
            throw unusable();
        }
        byte[] publicKey = Arrays.copyOf(PUBLIC_KEY, PUBLIC_KEY.length + POINT_BYTES);
        System.arraycopy(encoded, point, publicKey, PUBLIC_KEY.length, POINT_BYTES);
        return publicKey;
    }

    private static StepException unusable() {
        return new StepException(
                "%s: 'signingCredentialsId' should hold a private key of the curve P-256 with its public key, as PEM that begins with %s and isn't encrypted: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
                        .formatted(BuildOptions.STEP, BEGIN));
    }

    private byte[] sign(byte[] content) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(ImageSignature.ALGORITHM);
        signature.initSign(key);
        signature.update(content);
        return signature.sign();
    }

    /**
     * Signs an image.
     *
     * @param repository registry and repository
     * @param digest of the image, or of the index of several
     */
    ImageSignature sign(String repository, String digest) {
        ObjectNode payload = new ObjectMapper().createObjectNode();
        ObjectNode critical = payload.putObject("critical");
        critical.putObject("identity").put("docker-reference", repository);
        critical.putObject("image").put("docker-manifest-digest", digest);
        critical.put("type", "cosign container image signature");
        payload.putNull("optional");
        byte[] content = Manifest.bytes(payload);
        try {
            return new ImageSignature(digest, content, sign(content), publicKey);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
