package io.modeltoecs.engine.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The Python scripts that the engine brings. */
final class Scripts {
    /** Makes the environment and runs the training. */
    static final String TRAINING = "training.py";

    /** Prints interpreter and libraries as JSON. */
    static final String ENVIRONMENT = "environment.py";

    private Scripts() {}

    static String read(String name) {
        try (InputStream in = Scripts.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
