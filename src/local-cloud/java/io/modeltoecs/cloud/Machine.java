package io.modeltoecs.cloud;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What {@code setup} found out about this machine, from its {@code machine.env}. */
public final class Machine {
    private final Map<String, String> values;

    private Machine(Map<String, String> values) {
        this.values = values;
    }

    /**
     * Reads the file.
     *
     * @throws IOException where it is missing: setup did not run
     */
    public static Machine read(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new IOException(file + " is missing: run src/local-cloud/setup first");
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file)) {
            int equals = line.indexOf('=');
            if (equals > 0 && !line.startsWith("#")) {
                values.put(line.substring(0, equals), unquote(line.substring(equals + 1)));
            }
        }
        return new Machine(values);
    }

    /** The file is also read by shells: a value with odd characters is in single quotes. */
    private static String unquote(String value) {
        return value.startsWith("'") && value.endsWith("'") && value.length() > 1
                ? value.substring(1, value.length() - 1).replace("'\"'\"'", "'")
                : value;
    }

    /** Whether tasks run as plain processes, as no engine can run containers. */
    public boolean runsProcesses() {
        return "process".equals(values.get("RUNTIME"));
    }

    /** The program bubblewrap, by which users other than root run such processes. */
    public Optional<String> bubblewrap() {
        return value("BUBBLEWRAP");
    }

    /** A Python of this machine. */
    public String python() {
        return value("PYTHON").orElse("python3");
    }

    /** docker or podman, where there is one. */
    public String engine() {
        return values.get("ENGINE");
    }

    /** Marks what belongs to this checkout. */
    public String cloudId() {
        return values.get("CLOUD_ID");
    }

    /** Variables that make the engine work here. */
    public Map<String, String> engineEnvironment() {
        Map<String, String> all = new LinkedHashMap<>();
        for (String name : new String[] {"CONTAINERS_CONF", "CONTAINERS_REGISTRIES_CONF"}) {
            value(name).ifPresent(v -> all.put(name, v));
        }
        return all;
    }

    /** The registry as a program; nothing where it runs as a container. */
    public Optional<String> registryProgram() {
        return value("REGISTRY_BIN");
    }

    /** The registry's image, where it isn't a program. */
    public String registryImage() {
        return values.get("REGISTRY_IMAGE");
    }

    /** The base as a file system in a tar; nothing where it is an image of a public registry. */
    public Optional<Path> baseRootfs() {
        return value("BASE_ROOTFS").map(Path::of);
    }

    /** The engine's name of the base image. */
    public String baseSource() {
        return values.get("BASE_SOURCE");
    }

    /** The base's Python, e.g. {@code 3.11}. */
    public String basePython() {
        return values.get("BASE_PYTHON");
    }

    /** The base's Python in full, e.g. {@code 3.11.2}. */
    public String basePythonVersion() {
        return values.get("BASE_PYTHON_VERSION");
    }

    /** Whether containers can be given a memory limit. */
    public boolean limitsMemory() {
        return !"false".equals(values.get("MEMORY_LIMITS"));
    }

    private Optional<String> value(String name) {
        return Optional.ofNullable(values.get(name)).filter(v -> !v.isEmpty());
    }
}
