package io.modeltoecs.cloud.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.JsonApi;
import io.modeltoecs.cloud.state.Json;
import io.modeltoecs.cloud.state.StateFile;
import java.util.Map;
import java.util.TreeMap;

/** Systems Manager's parameters, as far as tasks and deploy tools use them. */
public final class ParametersApi implements JsonApi {
    private final StateFile file;
    private final State state;

    private static final class State {
        Map<String, Parameter> parameters = new TreeMap<>();
    }

    private static final class Parameter {
        String type;
        String value;
        int version;
        long changedAt;
    }

    public ParametersApi(StateFile file) {
        this.file = file;
        this.state = file.load(State.class, State::new);
    }

    @Override
    public String target() {
        return "AmazonSSM";
    }

    @Override
    public Map<String, Action> actions() {
        return Map.of(
                "PutParameter", this::put,
                "GetParameter", this::get,
                "GetParameters", this::getAll,
                "GetParametersByPath", this::getByPath,
                "DescribeParameters", this::describe,
                "DeleteParameter", this::delete);
    }

    /**
     * The value of a parameter by name or ARN.
     *
     * @throws AwsError where there is no such parameter
     */
    public synchronized String value(String from) {
        return parameter(from).value;
    }

    private synchronized JsonNode put(ObjectNode in) {
        String name = in.path("Name").asText();
        if (name.isEmpty() || in.path("Value").asText().isEmpty()) {
            throw AwsError.of("ValidationException", "Name and Value of a parameter are required.");
        }
        Parameter parameter = state.parameters.get(name);
        if (parameter != null && !in.path("Overwrite").asBoolean()) {
            throw AwsError.of(
                    "ParameterAlreadyExists",
                    "The parameter already exists. To overwrite this value, set the overwrite"
                            + " option in the request to true.");
        }
        if (parameter == null) {
            parameter = new Parameter();
            state.parameters.put(name, parameter);
        }
        parameter.type = in.path("Type").asText(parameter.type == null ? "String" : parameter.type);
        parameter.value = in.path("Value").asText();
        parameter.version++;
        parameter.changedAt = System.currentTimeMillis();
        file.save(state);
        return Json.object().put("Version", parameter.version).put("Tier", "Standard");
    }

    private synchronized JsonNode get(ObjectNode in) {
        ObjectNode out = Json.object();
        out.set("Parameter", json(in.path("Name").asText()));
        return out;
    }

    private synchronized JsonNode getAll(ObjectNode in) {
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("Parameters");
        ArrayNode missing = out.putArray("InvalidParameters");
        if (in.path("Names").isEmpty()) {
            throw AwsError.of("ValidationException", "Names must not be empty.");
        }
        for (JsonNode name : in.path("Names")) {
            if (state.parameters.containsKey(name(name.asText()))) {
                found.add(json(name.asText()));
            } else {
                missing.add(name.asText());
            }
        }
        return out;
    }

    private synchronized JsonNode getByPath(ObjectNode in) {
        String path = in.path("Path").asText();
        if (!path.startsWith("/")) {
            throw AwsError.of(
                    "ValidationException", "The parameter path must begin with a slash: " + path);
        }
        String head = path.endsWith("/") ? path : path + "/";
        boolean deep = in.path("Recursive").asBoolean();
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("Parameters");
        for (String name : state.parameters.keySet()) {
            if (name.startsWith(head) && (deep || name.indexOf('/', head.length()) < 0)) {
                found.add(json(name));
            }
        }
        return out;
    }

    private synchronized JsonNode describe(ObjectNode in) {
        ObjectNode out = Json.object();
        ArrayNode found = out.putArray("Parameters");
        state.parameters.forEach(
                (name, parameter) -> {
                    if (isAsked(in.path("ParameterFilters"), name)) {
                        found.addObject()
                                .put("Name", name)
                                .put("ARN", arn(name))
                                .put("Type", parameter.type)
                                .put("LastModifiedDate", Json.seconds(parameter.changedAt))
                                .put("Version", parameter.version)
                                .put("Tier", "Standard")
                                .put("DataType", "text");
                    }
                });
        return out;
    }

    private static boolean isAsked(JsonNode filters, String name) {
        for (JsonNode filter : filters) {
            if (!filter.path("Key").asText().equals("Name")) {
                throw AwsError.of(
                        "InvalidFilterKey", "The local cloud filters parameters by Name alone.");
            }
            boolean begins = filter.path("Option").asText("Equals").equals("BeginsWith");
            boolean any = false;
            for (JsonNode value : filter.path("Values")) {
                any |= begins ? name.startsWith(value.asText()) : name.equals(value.asText());
            }
            if (!any) {
                return false;
            }
        }
        return true;
    }

    private synchronized JsonNode delete(ObjectNode in) {
        parameter(in.path("Name").asText());
        state.parameters.remove(name(in.path("Name").asText()));
        file.save(state);
        return Json.object();
    }

    private ObjectNode json(String reference) {
        Parameter parameter = parameter(reference);
        return Json.object()
                .put("Name", name(reference))
                .put("Type", parameter.type)
                .put("Value", parameter.value)
                .put("Version", parameter.version)
                .put("LastModifiedDate", Json.seconds(parameter.changedAt))
                .put("ARN", arn(name(reference)))
                .put("DataType", "text");
    }

    private Parameter parameter(String reference) {
        Parameter parameter = state.parameters.get(name(reference));
        if (parameter == null) {
            throw AwsError.of("ParameterNotFound", "Parameter " + reference + " not found.");
        }
        return parameter;
    }

    /** In an ARN {@code parameter/a} is either {@code a} or {@code /a}. */
    private String name(String reference) {
        if (!reference.startsWith("arn:")) {
            return reference;
        }
        String name = Arns.lastPart(reference, ":parameter/");
        return state.parameters.containsKey(name) ? name : "/" + name;
    }

    private static String arn(String name) {
        return Arns.of("ssm", "parameter" + (name.startsWith("/") ? name : "/" + name));
    }
}
