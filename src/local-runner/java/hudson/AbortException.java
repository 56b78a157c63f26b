package hudson;

import java.io.IOException;

/**
 * A step failed for a reason that its message says. It has Jenkins' name, so that a Jenkinsfile can
 * catch it by that name.
 */
public class AbortException extends IOException {
    private static final long serialVersionUID = 1L;

    public AbortException(String message) {
        super(message);
    }
}
