package io.modeltoecs.engine.image;

import java.io.Serializable;

/**
 * User name and password of a registry or of a package index. Crosses to an agent with the call
 * that needs it; it is never written to a log, a file, a command line or a build's record.
 */
public record Login(String user, String password) implements Serializable {
    @Override
    public String toString() {
        return "Login[" + user + "]";
    }
}
