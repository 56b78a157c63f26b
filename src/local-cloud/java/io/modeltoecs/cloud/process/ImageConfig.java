package io.modeltoecs.cloud.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How an image wants to be run.
 *
 * @param entryPoint the start of its command; empty where there is none
 * @param command the rest of it; empty where there is none
 * @param environment its variables
 * @param directory where it starts
 * @param user {@code name|uid[:group|gid]}; empty for root
 * @param stopSignal the name of the signal that asks it to end
 */
record ImageConfig(
        List<String> entryPoint,
        List<String> command,
        Map<String, String> environment,
        String directory,
        String user,
        String stopSignal) {

    /** Reads an image's configuration. */
    static ImageConfig of(JsonNode image) {
        JsonNode config = image.path("config");
        Map<String, String> environment = new LinkedHashMap<>();
        for (String variable : strings(config.path("Env"))) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                environment.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        String directory = config.path("WorkingDir").asText("");
        return new ImageConfig(
                strings(config.path("Entrypoint")),
                strings(config.path("Cmd")),
                environment,
                directory.isEmpty() ? "/" : directory,
                config.path("User").asText(""),
                config.path("StopSignal").asText("SIGTERM"));
    }

    private static List<String> strings(JsonNode list) {
        List<String> all = new ArrayList<>();
        list.forEach(s -> all.add(s.asText()));
        return all;
    }
}
