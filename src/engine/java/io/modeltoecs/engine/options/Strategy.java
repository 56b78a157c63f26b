package io.modeltoecs.engine.options;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a service is brought to a new revision, as {@code 'canary 10% for 5 min, bake 10 min'}. What
 * is null is as the service has it, or ECS's default.
 *
 * @param percent how much traffic goes to the new revision first (canary), or at each step (linear)
 * @param stepMinutes how long that stays so
 * @param bakeMinutes how long the old revision is kept once all traffic is on the new one
 */
public record Strategy(Kind kind, Double percent, Integer stepMinutes, Integer bakeMinutes) {

    /** As ECS names them. */
    public enum Kind {
        ROLLING,
        BLUE_GREEN,
        CANARY,
        LINEAR
    }

    private static final int DAY = 24 * 60;
    private static final String EXPECTED =
            "'rolling', 'blue/green, bake 10 min', 'canary 10% for 5 min, bake 10 min' or 'linear"
                    + " 20% every 5 min, bake 10 min': the percent is 0.1 to 100 (linear: 3 to"
                    + " 100), the minutes are 0 to 1440, and all but the first word may be left"
                    + " out";
    private static final Pattern TEXT =
            Pattern.compile(
                    "rolling|blue/green(, bake (?<bake>\\d{1,4}) min)?"
                            + "|(?<kind>canary|linear)( (?<percent>\\d{1,3}(\\.\\d{1,2})?)%( (?<word>for|every)"
                            + " (?<step>\\d{1,4}) min)?)?(, bake (?<rest>\\d{1,4}) min)?");

    static Strategy parse(Arguments arguments, String name) {
        String text = arguments.text(name);
        if (text == null) {
            return null;
        }
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw arguments.bad(name, text, EXPECTED);
        }
        Kind kind =
                text.startsWith("rolling")
                        ? Kind.ROLLING
                        : parts.group("kind") == null
                                ? Kind.BLUE_GREEN
                                : Kind.valueOf(parts.group("kind").toUpperCase(Locale.ROOT));
        String word = kind == Kind.LINEAR ? "every" : "for";
        String percent = parts.group("percent");
        Strategy strategy =
                new Strategy(
                        kind,
                        percent == null ? null : Double.valueOf(percent),
                        minutes(parts.group("step")),
                        minutes(
                                parts.group("bake") == null
                                        ? parts.group("rest")
                                        : parts.group("bake")));
        double least = kind == Kind.LINEAR ? 3 : 0.1;
        boolean wrong =
                parts.group("word") != null && !parts.group("word").equals(word)
                        || strategy.percent != null
                                && (strategy.percent < least || strategy.percent > 100)
                        || strategy.stepMinutes != null && strategy.stepMinutes > DAY
                        || strategy.bakeMinutes != null && strategy.bakeMinutes > DAY;
        if (wrong) {
            throw arguments.bad(name, text, EXPECTED);
        }
        return strategy;
    }

    private static Integer minutes(String text) {
        return text == null ? null : Integer.valueOf(text);
    }
}
