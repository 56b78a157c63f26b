package io.modeltoecs.engine.image;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Patterns of paths as a {@code .dockerignore} has them: {@code *}, {@code ?}, {@code [a-z]} within
 * a name, {@code **} for any number of folders, {@code !} for an exception; what is in a folder
 * that matches, matches; the last pattern that matches decides.
 * https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
final class Patterns {
    private final List<Rule> rules = new ArrayList<>();

    private record Rule(Pattern pattern, boolean exception) {}

    /**
     * @param lines patterns; blank lines and those that begin with {@code #} don't count
     */
    Patterns(List<String> lines) {
        for (String line : lines) {
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            boolean exception = text.startsWith("!");
            String path = clean(exception ? text.substring(1).strip() : text);
            if (!path.isEmpty()) {
                rules.add(new Rule(Pattern.compile(regex(path), Pattern.DOTALL), exception));
            }
        }
    }

    /** Whether a path, with slashes and relative to the patterns' folder, is meant. */
    boolean match(String path) {
        boolean matched = false;
        for (Rule rule : rules) {
            if (rule.exception() == matched && rule.pattern().matcher(path).matches()) {
                matched = !rule.exception();
            }
        }
        return matched;
    }

    private static String clean(String path) {
        List<String> names = new ArrayList<>();
        for (String name : path.split("/")) {
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return String.join("/", names);
    }

    private static String regex(String path) {
        StringBuilder regex = new StringBuilder();
        int at = 0;
        while (at < path.length()) {
            char c = path.charAt(at);
            if (path.startsWith("**/", at)) {
                regex.append("(?:[^/]+/)*");
                at += 3;
            } else if (path.startsWith("**", at)) {
                regex.append(".*");
                at += 2;
            } else if (c == '*') {
                regex.append("[^/]*");
                at++;
            } else if (c == '?') {
                regex.append("[^/]");
                at++;
            } else if (c == '[' && path.indexOf(']', at + 2) > 0) {
                int end = path.indexOf(']', at + 2);
                String set = path.substring(at + 1, end).replace("\\", "\\\\").replace("[", "\\[");
                regex.append('[').append(set.replace("&&", "&\\&")).append(']');
                at = end + 1;
            } else {
                boolean escaped = c == '\\' && at + 1 < path.length();
                regex.append(Pattern.quote(String.valueOf(escaped ? path.charAt(at + 1) : c)));
                at += escaped ? 2 : 1;
            }
        }
        return regex + "(?:/.*)?";
    }
}
