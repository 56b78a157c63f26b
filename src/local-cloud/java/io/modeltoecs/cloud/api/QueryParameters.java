package io.modeltoecs.cloud.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The parameters of a query request. Lists are written {@code Name.member.1}, structures {@code
 * Name.Member}.
 */
public final class QueryParameters {
    private static final String MEMBER = ".member.";

    private final String prefix;
    private final Map<String, String> values;

    public QueryParameters(Map<String, String> values) {
        this("", values);
    }

    private QueryParameters(String prefix, Map<String, String> values) {
        this.prefix = prefix;
        this.values = values;
    }

    /** The value of a parameter. */
    public Optional<String> get(String name) {
        return Optional.ofNullable(values.get(prefix + name));
    }

    /** A whole number, or the default. */
    public int number(String name, int otherwise) {
        try {
            return get(name).map(Integer::parseInt).orElse(otherwise);
        } catch (NumberFormatException e) {
            throw AwsError.of(
                    "ValidationError",
                    name + " must be a whole number, but was " + get(name).get());
        }
    }

    /** A whole number of a range, or the default. */
    public int number(String name, int otherwise, int least, int most) {
        int number = number(name, otherwise);
        if (number < least || number > most) {
            throw AwsError.of(
                    "ValidationError",
                    name + " must be between " + least + " and " + most + ", but was " + number);
        }
        return number;
    }

    /** A number that has to be there. */
    public double decimal(String name) {
        try {
            return Double.parseDouble(require(name));
        } catch (NumberFormatException e) {
            throw AwsError.of(
                    "ValidationError", name + " must be a number, but was " + get(name).get());
        }
    }

    /**
     * The value of a parameter.
     *
     * @throws AwsError where it is missing
     */
    public String require(String name) {
        return get(name)
                .filter(v -> !v.isEmpty())
                .orElseThrow(
                        () -> AwsError.of("ValidationError", "A " + name + " must be specified"));
    }

    /** The members of a list of strings. */
    public List<String> list(String name) {
        return list(name, MEMBER);
    }

    /**
     * The members of a list of strings.
     *
     * @throws AwsError where there is none
     */
    public List<String> requireList(String name) {
        require(name + MEMBER + 1);
        return list(name);
    }

    private List<String> list(String name, String infix) {
        List<String> all = new ArrayList<>();
        String head = prefix + name + infix;
        for (int i = 1; values.containsKey(head + i); i++) {
            all.add(values.get(head + i));
        }
        return all;
    }

    /** The members of a list of strings as EC2 writes it, {@code Name.1}. */
    public List<String> flatList(String name) {
        return list(name, ".");
    }

    /** The members of a list of structures. */
    public List<QueryParameters> structures(String name) {
        return structures(name, MEMBER);
    }

    /** The members of a list of structures as EC2 writes it, {@code Name.1.Member}. */
    public List<QueryParameters> flatStructures(String name) {
        return structures(name, ".");
    }

    private List<QueryParameters> structures(String name, String infix) {
        List<QueryParameters> all = new ArrayList<>();
        for (int i = 1; ; i++) {
            String member = prefix + name + infix + i + ".";
            if (values.keySet().stream().noneMatch(k -> k.startsWith(member))) {
                return all;
            }
            all.add(new QueryParameters(member, values));
        }
    }

    /** A list of {Key, Value} structures, as tags and attributes are written. */
    public Map<String, String> pairs(String name) {
        Map<String, String> all = new LinkedHashMap<>();
        structures(name).forEach(p -> all.put(p.require("Key"), p.get("Value").orElse("")));
        return all;
    }
}
