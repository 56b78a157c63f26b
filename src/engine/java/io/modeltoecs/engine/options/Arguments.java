package io.modeltoecs.engine.options;

import io.modeltoecs.engine.StepException;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The arguments of one call of a step, read by name and type. Whatever doesn't fit is a {@link
 * StepException} that names the step, the parameter, the value and what would be right. Blank text
 * counts as not given: an empty field of a form.
 */
public final class Arguments {
    private final String step;
    private final Map<String, ?> given;

    /**
     * @param step the step's name, for messages
     * @param given the arguments as they were written
     * @param options the record whose components are the step's parameters
     * @throws StepException if an argument isn't a parameter of the step
     */
    public Arguments(String step, Map<String, ?> given, Class<? extends Record> options) {
        this.step = step;
        this.given = given;
        refuseUnknown(step, given, namesOf(options));
    }

    /**
     * The parameters of a step: the components of its options, those of {@link AwsOptions} in
     * place.
     */
    public static List<String> namesOf(Class<? extends Record> options) {
        List<String> names = new ArrayList<>();
        for (RecordComponent component : options.getRecordComponents()) {
            if (component.getType() == AwsOptions.class) {
                names.addAll(namesOf(AwsOptions.class));
            } else {
                names.add(component.getName());
            }
        }
        return names;
    }

    /**
     * Refuses arguments whose names aren't known.
     *
     * @throws StepException naming the unknown parameter and the nearest known one
     */
    public static void refuseUnknown(String step, Map<String, ?> given, List<String> known) {
        for (String name : given.keySet()) {
            if (!known.contains(name)) {
                String hint =
                        Nearest.to(name, known)
                                .map(nearest -> "; did you mean '" + nearest + "'?")
                                .orElse("; it takes " + String.join(", ", new TreeSet<>(known)));
                throw new StepException(step + ": no parameter '" + name + "'" + hint);
            }
        }
    }

    /** Whether the argument was written, even as null. */
    public boolean has(String name) {
        return given.containsKey(name);
    }

    /** The text, or null if it isn't given. */
    public String text(String name) {
        Object value = given.get(name);
        if (value == null || value.toString().isBlank()) {
            return null;
        }
        if (value instanceof CharSequence || value instanceof Number || value instanceof Boolean) {
            return value.toString().strip();
        }
        throw bad(name, value, "text");
    }

    /** The text, or a default if it isn't given. */
    public String text(String name, String otherwise) {
        String text = text(name);
        return text == null ? otherwise : text;
    }

    /** The text, which has to be given. */
    public String required(String name) {
        String text = text(name);
        if (text == null) {
            throw new StepException(step + ": '" + name + "' is missing");
        }
        return text;
    }

    /** One of the listed words, or the first of them if nothing is given. */
    public String choice(String name, String... words) {
        String text = text(name, words[0]);
        if (!List.of(words).contains(text)) {
            throw bad(name, text, "one of " + String.join(", ", words));
        }
        return text;
    }

    /** The text if it is null or matches; {@code expected} says what would be right. */
    public String matching(String name, String text, Pattern pattern, String expected) {
        if (text != null && !pattern.matcher(text).matches()) {
            throw bad(name, text, expected);
        }
        return text;
    }

    /** The address of a service over HTTP, or a default if it isn't given. */
    public String url(String name, String otherwise) {
        String text = text(name, otherwise);
        if (text == null) {
            return null;
        }
        try {
            URI uri = URI.create(text);
            if (uri.getHost() != null
                    && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return text;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw bad(name, text, "a URL, as 'https://s3.example.com'");
    }

    /** A list of texts, given as a list or as a single text. */
    public List<String> texts(String name, List<String> otherwise) {
        Object value = given.get(name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Iterable<?> items) {
            List<String> texts = new ArrayList<>();
            for (Object item : items) {
                if (!(item instanceof CharSequence) || item.toString().isBlank()) {
                    throw bad(name, value, "a text or a list of texts");
                }
                texts.add(item.toString().strip());
            }
            return List.copyOf(texts);
        }
        String text = text(name);
        return text == null ? otherwise : List.of(text);
    }

    /** True or false, or the default if it isn't given. */
    public boolean flag(String name, boolean otherwise) {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw bad(name, text, "true or false");
        };
    }

    /** A whole number within bounds, or null if it isn't given. */
    public Integer number(String name, int least, int most) {
        Object value = given.get(name);
        return value == null || value.toString().isBlank()
                ? null
                : number(name, value, least, most);
    }

    /** Whole numbers within bounds, given as a list or as a single one; empty if not given. */
    public List<Integer> numbers(String name, int least, int most) {
        if (given.get(name) instanceof Iterable<?> items) {
            List<Integer> numbers = new ArrayList<>();
            items.forEach(item -> numbers.add(number(name, item, least, most)));
            return List.copyOf(numbers);
        }
        Integer number = number(name, least, most);
        return number == null ? List.of() : List.of(number);
    }

    private int number(String name, Object value, int least, int most) {
        try {
            int number = Integer.parseInt(String.valueOf(value).strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw bad(name, value, "a whole number from " + least + " to " + most);
    }

    /** A number within bounds, or the default if it isn't given. */
    public double decimal(String name, double least, double most, double otherwise) {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        try {
            double number = Double.parseDouble(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw bad(name, text, "a number from %s to %s".formatted(least, most));
    }

    /** A map from texts to values, in the order written; empty if it isn't given. */
    public Map<String, Object> map(String name) {
        Object value = given.get(name);
        if (isBlank(value)) {
            return Map.of();
        }
        if (!(value instanceof Map<?, ?> entries)) {
            throw bad(name, value, "a map, as [key: 'value']");
        }
        Map<String, Object> map = new LinkedHashMap<>();
        entries.forEach((key, item) -> map.put(key.toString(), item));
        return map;
    }

    private static boolean isBlank(Object value) {
        return value == null || value instanceof CharSequence && value.toString().isBlank();
    }

    /**
     * A map from texts to texts, in the order written; empty if it isn't given. Errors name the
     * key, not the value: it may be a secret.
     */
    public Map<String, String> textMap(String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        map(name)
                .forEach(
                        (key, item) -> {
                            if (item == null || item instanceof Map || item instanceof Iterable) {
                                throw wrong(
                                        "'%s.%s' is %s, but should be a text"
                                                .formatted(
                                                        name,
                                                        key,
                                                        item == null
                                                                ? "nothing"
                                                                : item instanceof Map
                                                                        ? "a map"
                                                                        : "a list"));
                            }
                            texts.put(key, item.toString());
                        });
        return texts;
    }

    /** A list of maps, given as a list or as a single map; empty if it isn't given. */
    public List<Map<String, Object>> maps(String name) {
        Object value = given.get(name);
        List<Map<String, Object>> maps = new ArrayList<>();
        if (value instanceof Map<?, ?>) {
            maps.add(map(name));
        } else if (value instanceof Iterable<?> items) {
            for (Object item : items) {
                if (!(item instanceof Map<?, ?> entries)) {
                    throw bad(name, value, "a list of maps");
                }
                Map<String, Object> map = new LinkedHashMap<>();
                entries.forEach((key, entry) -> map.put(key.toString(), entry));
                maps.add(map);
            }
        } else if (!isBlank(value)) {
            throw bad(name, value, "a list of maps");
        }
        return maps;
    }

    /** The error for a value that isn't right. */
    public StepException bad(String name, Object value, String expected) {
        return new StepException(
                "%s: '%s' is '%s', but should be %s".formatted(step, name, value, expected));
    }

    /** The error for a call that can't be carried out as it is written. */
    public StepException wrong(String message) {
        return new StepException(step + ": " + message);
    }
}
