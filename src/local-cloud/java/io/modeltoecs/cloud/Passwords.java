package io.modeltoecs.cloud;

import java.security.SecureRandom;
import java.util.Base64;

/** Random secrets. */
public final class Passwords {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 30;

    private Passwords() {}

    /** 40 URL-safe characters. */
    public static String random() {
        byte[] random = new byte[BYTES];
        RANDOM.nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }
}
