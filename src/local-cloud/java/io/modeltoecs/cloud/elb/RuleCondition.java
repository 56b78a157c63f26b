package io.modeltoecs.cloud.elb;

import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.QueryParameters;
import io.undertow.server.HttpServerExchange;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A condition of a listener's rule, which one of its values has to meet. */
final class RuleCondition {
    String field;

    /** Of a header; null for other fields. */
    String header;

    /** For query strings {@code key=value}, or a value of any key. */
    List<String> values = new ArrayList<>();

    /**
     * A condition as it is asked for.
     *
     * @throws AwsError where there is none such here
     */
    static RuleCondition parse(QueryParameters in) {
        RuleCondition condition = new RuleCondition();
        condition.field = in.require("Field");
        condition.values.addAll(in.list("Values"));
        switch (condition.field) {
            case "path-pattern" -> condition.values.addAll(in.list("PathPatternConfig.Values"));
            case "host-header" -> condition.values.addAll(in.list("HostHeaderConfig.Values"));
            case "http-request-method" ->
                    condition.values.addAll(in.list("HttpRequestMethodConfig.Values"));
            case "http-header" -> {
                condition.header = in.require("HttpHeaderConfig.HttpHeaderName");
                condition.values.addAll(in.list("HttpHeaderConfig.Values"));
            }
            case "query-string" -> {
                for (QueryParameters pair : in.structures("QueryStringConfig.Values")) {
                    String key = pair.get("Key").map(k -> k + "=").orElse("");
                    condition.values.add(key + pair.require("Value"));
                }
            }
            default ->
                    throw AwsError.of(
                            "InvalidConfigurationRequest",
                            "The local cloud's rules have no condition " + condition.field + ".");
        }
        if (condition.values.isEmpty()) {
            throw AwsError.of(
                    "ValidationError", "A condition value must be specified: " + condition.field);
        }
        return condition;
    }

    boolean matches(HttpServerExchange exchange) {
        return switch (field) {
            case "path-pattern" -> any(exchange.getRequestPath(), false);
            case "host-header" -> any(exchange.getHostName(), true);
            case "http-request-method" -> any(exchange.getRequestMethod().toString(), false);
            case "http-header" ->
                    exchange.getRequestHeaders().contains(header)
                            && exchange.getRequestHeaders().get(header).stream()
                                    .anyMatch(v -> any(v, true));
            default -> query(exchange.getQueryParameters());
        };
    }

    private boolean query(Map<String, Deque<String>> parameters) {
        return parameters.entrySet().stream()
                .anyMatch(
                        p ->
                                p.getValue().stream()
                                        .anyMatch(
                                                v ->
                                                        any(v, true)
                                                                || any(
                                                                        p.getKey() + "=" + v,
                                                                        true)));
    }

    private boolean any(String text, boolean ignoreCase) {
        return text != null && values.stream().anyMatch(v -> like(v, text, ignoreCase));
    }

    /** {@code *} stands for any characters, {@code ?} for one. */
    private static boolean like(String pattern, String text, boolean ignoreCase) {
        StringBuilder regex = new StringBuilder();
        for (char c : pattern.toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        int flags = Pattern.DOTALL | (ignoreCase ? Pattern.CASE_INSENSITIVE : 0);
        return Pattern.compile(regex.toString(), flags).matcher(text).matches();
    }

    Map<String, Object> describe() {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("Field", field);
        switch (field) {
            case "path-pattern" -> {
                out.put("Values", values);
                out.put("PathPatternConfig", Map.of("Values", values));
            }
            case "host-header" -> {
                out.put("Values", values);
                out.put("HostHeaderConfig", Map.of("Values", values));
            }
            case "http-request-method" ->
                    out.put("HttpRequestMethodConfig", Map.of("Values", values));
            case "http-header" ->
                    out.put("HttpHeaderConfig", Map.of("HttpHeaderName", header, "Values", values));
            default -> {
                List<Object> pairs = new ArrayList<>();
                for (String value : values) {
                    int equals = value.indexOf('=');
                    pairs.add(
                            equals < 0
                                    ? Map.of("Value", value)
                                    : Map.of(
                                            "Key",
                                            value.substring(0, equals),
                                            "Value",
                                            value.substring(equals + 1)));
                }
                out.put("QueryStringConfig", Map.of("Values", pairs));
            }
        }
        return out;
    }
}
