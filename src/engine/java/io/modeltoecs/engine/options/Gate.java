package io.modeltoecs.engine.options;

import io.modeltoecs.engine.StepException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A condition on a new model's metrics: {@code <metric> <op> <limit>}. A metric is a dotted path
 * into the metrics file. The operator is one of {@code >= <= > < == !=}. The limit is a number, or
 * {@code champion.<metric>}: the same file of the version that the first alias holds now, if wanted
 * times, plus or minus a number. Words are separated by spaces, since names may hold hyphens.
 *
 * @param text as it was written
 * @param metric path of the new model's metric
 * @param champion path of the champion's metric, or null if the limit is a number
 * @param term what is done to the champion's metric: {@code *}, {@code +}, {@code -}, or null
 * @param number the limit, or the term's number, or null without either
 */
public record Gate(
        String text, String metric, String operator, String champion, String term, Double number) {

    private static final String PATH = "[A-Za-z_][\\w-]*(?:\\.[\\w-]+)*";
    private static final String NUMBER = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?";
    private static final Pattern GRAMMAR =
            Pattern.compile(
                    "(%1$s)\\s*(>=|<=|==|!=|>|<)\\s*(?:(%2$s)|champion\\.(%1$s)(?:\\s*([*+-])\\s*(%2$s))?)"
                            .formatted(PATH, NUMBER));

    /**
     * Reads a gate.
     *
     * @throws StepException if it isn't one
     */
    public static Gate parse(String text) {
        Matcher matcher = GRAMMAR.matcher(text.strip());
        if (!matcher.matches()) {
            throw new StepException(
                    PublishOptions.STEP
                            + ": 'gates' has '"
                            + text
                            + "', but should have '<metric> <op> <limit>', as 'accuracy >= 0.92',"
                            + " 'rmse <= champion.rmse * 1.02' or 'f1 >= champion.f1 - 0.005'");
        }
        String number = matcher.group(3) != null ? matcher.group(3) : matcher.group(6);
        return new Gate(
                text.strip(),
                matcher.group(1),
                matcher.group(2),
                matcher.group(4),
                matcher.group(5),
                number == null ? null : Double.valueOf(number));
    }

    /**
     * The limit.
     *
     * @param championValue the champion's metric; not used if the limit is a number
     */
    public double limit(double championValue) {
        if (champion == null) {
            return number;
        }
        if (term == null) {
            return championValue;
        }
        return switch (term) {
            case "*" -> championValue * number;
            case "+" -> championValue + number;
            default -> championValue - number;
        };
    }

    /** Whether a value meets a limit. */
    public boolean met(double value, double limit) {
        return switch (operator) {
            case ">=" -> value >= limit;
            case "<=" -> value <= limit;
            case ">" -> value > limit;
            case "<" -> value < limit;
            case "==" -> value == limit;
            default -> value != limit;
        };
    }
}
