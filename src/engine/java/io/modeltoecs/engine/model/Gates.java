package io.modeltoecs.engine.model;

import io.modeltoecs.engine.options.Gate;
import io.modeltoecs.engine.progress.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The gates that a new model has to pass, next to the champion: the model that it follows. */
final class Gates {
    private final List<Gate> gates;

    Gates(List<String> gates) {
        this.gates = gates.stream().map(Gate::parse).toList();
    }

    /**
     * What became of the gates.
     *
     * @param rows one for each gate: gate, value, limit, verdict
     * @param problem why the model may not be published, or null
     */
    record Verdict(ArrayList<ArrayList<String>> rows, String problem) {}

    /**
     * Checks all gates and shows them as a table. A gate against a champion is met where there is
     * no champion, or one without that metric; not if the new model lacks it, too.
     *
     * @param metrics the new model's
     * @param champion the model that the alias holds, if there is one
     */
    Verdict check(Map<String, Object> metrics, Optional<StoredModel> champion, Progress progress) {
        ArrayList<ArrayList<String>> rows = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Gate gate : gates) {
            rows.add(check(gate, metrics, champion, problems));
        }
        if (!rows.isEmpty()) {
            progress.say(
                    "gates"
                            + champion.map(model -> ", champion " + model.ref())
                                    .orElse(", no champion")
                            + ":");
            show(rows, progress);
        }
        return new Verdict(
                rows, problems.isEmpty() ? null : "gate not met: " + String.join("; ", problems));
    }

    private static ArrayList<String> check(
            Gate gate,
            Map<String, Object> metrics,
            Optional<StoredModel> champion,
            List<String> problems) {
        Optional<Double> value = find(metrics, gate.metric());
        if (value.isEmpty()) {
            problems.add(
                    "'%s': there is no metric '%s' that is a number; there %s"
                            .formatted(gate.text(), gate.metric(), names(metrics)));
            return row(gate.text(), "-", "-", "NOT MET: there is no '" + gate.metric() + "'");
        }
        String shown = number(value.get());
        Optional<Double> base =
                gate.champion() == null
                        ? Optional.of(0.0)
                        : champion.flatMap(model -> find(model.metrics(), gate.champion()));
        if (base.isEmpty() && find(metrics, gate.champion()).isEmpty()) {
            // no model has it: a slip of the pen, which would switch the gate off
            problems.add(
                    "'%s': neither the champion nor this model has a metric '%s' that is a number;"
                                    .formatted(gate.text(), gate.champion())
                            + " there "
                            + names(metrics)
                            + ". Put spaces around * + -");
            return row(gate.text(), shown, "-", "NOT MET: there is no '" + gate.champion() + "'");
        }
        if (base.isEmpty()) {
            String why =
                    champion.isEmpty()
                            ? "met: there is no champion yet"
                            : "met: the champion has no '" + gate.champion() + "'";
            return row(gate.text(), shown, "-", why);
        }
        double limit = gate.limit(base.get());
        if (gate.met(value.get(), limit)) {
            return row(gate.text(), shown, number(limit), "met");
        }
        problems.add(
                "'%s': %s is %s, the limit is %s"
                        .formatted(gate.text(), gate.metric(), shown, number(limit)));
        return row(gate.text(), shown, number(limit), "NOT MET");
    }

    private static ArrayList<String> row(String... cells) {
        return new ArrayList<>(List.of(cells));
    }

    private static void show(List<ArrayList<String>> rows, Progress progress) {
        List<ArrayList<String>> all = new ArrayList<>(rows);
        all.add(0, row("gate", "value", "limit", "verdict"));
        StringBuilder format = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            int column = i;
            format.append("  %-")
                    .append(all.stream().mapToInt(row -> row.get(column).length()).max().orElse(1))
                    .append('s');
        }
        format.append("  %s");
        all.forEach(row -> progress.say(format.toString().formatted(row.toArray())));
    }

    private static String names(Map<String, Object> metrics) {
        Map<String, Double> leaves = numbers(metrics);
        return leaves.isEmpty() ? "are none" : "are " + String.join(", ", leaves.keySet());
    }

    /** All numbers by their dotted paths, sorted. */
    static Map<String, Double> numbers(Map<String, Object> metrics) {
        Map<String, Double> leaves = new TreeMap<>();
        collect("", metrics, leaves);
        return leaves;
    }

    private static void collect(String prefix, Map<?, ?> metrics, Map<String, Double> leaves) {
        metrics.forEach(
                (name, value) -> {
                    if (value instanceof Map<?, ?> nested) {
                        collect(prefix + name + ".", nested, leaves);
                    } else if (value instanceof Number number) {
                        leaves.put(prefix + name, number.doubleValue());
                    }
                });
    }

    /** The number at a dotted path; names that hold dots themselves are found too. */
    private static Optional<Double> find(Map<String, Object> metrics, String path) {
        return Optional.ofNullable(numbers(metrics).get(path));
    }

    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
