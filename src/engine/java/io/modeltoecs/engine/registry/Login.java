package io.modeltoecs.engine.registry;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * User name and password of a registry or of a package index. Crosses to an agent with the call
 * that needs it; it is never written to a log, a file, a command line or a build's record.
 */
public record Login(String user, String password) implements Serializable {
    /** Both as the value of an HTTP header {@code Authorization}. */
    public String basic() {
        byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(both);
    }

    @Override
    public String toString() {
        return "Login[" + user + "]";
    }
}
