package io.modeltoecs.cloud.ecs;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/** Identifiers in the forms that ECS uses. */
final class Ids {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int TASK_BYTES = 16;
    private static final int SERVICE_DEPLOYMENT_CHARS = 21;
    private static final int DIGITS = 19;

    private Ids() {}

    /** 32 hexadecimal digits. */
    static String task() {
        byte[] bytes = new byte[TASK_BYTES];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** 19 decimal digits. */
    static String digits() {
        StringBuilder digits = new StringBuilder();
        digits.append(1 + RANDOM.nextInt(9));
        while (digits.length() < DIGITS) {
            digits.append(RANDOM.nextInt(10));
        }
        return digits.toString();
    }

    /** 21 URL-safe characters. */
    static String serviceDeployment() {
        byte[] bytes = new byte[TASK_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().encodeToString(bytes).substring(0, SERVICE_DEPLOYMENT_CHARS);
    }
}
