package io.modeltoecs.engine.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A page about a version: what it is, how it compares with the champion, where it comes from. One
 * HTML file that needs nothing beside it. It is laid out by attributes alone: Jenkins serves what a
 * build archived with a policy that forbids scripts and styles in the page.
 */
final class ModelCard {
    private static final int MOST_FILES = 50;

    private final StringBuilder html = new StringBuilder();

    private ModelCard() {}

    /**
     * @param champion the version that the first alias held before, if there was one
     * @param gates rows of {@link Gates}
     * @param result what the step returns
     */
    static String of(
            StoredModel model,
            Optional<StoredModel> champion,
            List<? extends List<String>> gates,
            Map<String, Object> result) {
        ModelCard card = new ModelCard();
        card.write(model, champion, gates, result);
        return card.html.toString();
    }

    private void write(
            StoredModel model,
            Optional<StoredModel> champion,
            List<? extends List<String>> gates,
            Map<String, Object> result) {
        Map<String, Object> json = model.json();
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
                .append(escaped(model.ref().toString()))
                .append("</title>\n</head>\n<body bgcolor=\"#ffffff\" text=\"#1c2733\">\n<h1>")
                .append(escaped(model.name()))
                .append("</h1>\n");
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("version", model.version());
        summary.put("aliases", result.get("aliases"));
        summary.put("reused", result.get("reused"));
        summary.put("place", result.get("uri"));
        summary.put("sha256", model.sha256());
        summary.put("bytes", model.sizeBytes());
        summary.put("made at", json.get("createdAt"));
        pairs("Version", summary);
        metrics(model, champion);
        table("Gates", List.of("gate", "value", "limit", "verdict"), gates);
        pairs("Parameters", Json.map(json.get("params")));
        Map<String, Object> lineage = new LinkedHashMap<>();
        Json.map(json.get("git")).forEach((name, value) -> lineage.put("git " + name, value));
        Json.map(json.get("build")).forEach((name, value) -> lineage.put("build " + name, value));
        lineage.put("parent", json.get("parent"));
        pairs("Lineage", lineage);
        pairs("Model", Json.map(json.get("model")));
        files(model.files());
        Map<String, Object> environment = new LinkedHashMap<>();
        environment.put("Python", model.python());
        environment.putAll(model.libraries());
        pairs("Environment", environment);
        table("Imports", List.of("name"), model.imports().stream().map(List::of).toList());
        html.append("</body>\n</html>\n");
    }

    private void metrics(StoredModel model, Optional<StoredModel> champion) {
        Map<String, Double> own = Gates.numbers(model.metrics());
        Map<String, Double> other =
                champion.map(held -> Gates.numbers(held.metrics())).orElse(Map.of());
        TreeSet<String> names = new TreeSet<>(own.keySet());
        names.addAll(other.keySet());
        List<List<String>> rows =
                names.stream()
                        .map(
                                name ->
                                        List.of(
                                                name,
                                                text(own.get(name)),
                                                text(other.get(name)),
                                                own.containsKey(name) && other.containsKey(name)
                                                        ? change(own.get(name) - other.get(name))
                                                        : ""))
                        .toList();
        String held = champion.map(it -> "champion " + it.version()).orElse("no champion");
        table("Metrics", List.of("metric", "this version", held, "change"), rows);
    }

    private static String change(double difference) {
        return (difference > 0 ? "+" : "") + (float) difference;
    }

    private static String text(Double value) {
        return value == null ? "" : Gates.number(value);
    }

    private void files(List<LinkedHashMap<String, Object>> files) {
        List<List<String>> rows =
                files.stream()
                        .limit(MOST_FILES)
                        .map(
                                file ->
                                        List.of(
                                                String.valueOf(file.get("path")),
                                                String.valueOf(file.get("bytes")),
                                                String.valueOf(file.get("sha256"))))
                        .toList();
        table("Files (" + files.size() + ")", List.of("path", "bytes", "sha256"), rows);
        if (files.size() > MOST_FILES) {
            html.append("<p>and ")
                    .append(files.size() - MOST_FILES)
                    .append(" more, which model.json names</p>\n");
        }
    }

    private void pairs(String title, Map<String, Object> pairs) {
        table(
                title,
                List.of(),
                pairs.entrySet().stream()
                        .filter(pair -> pair.getValue() != null)
                        .map(
                                pair ->
                                        List.of(
                                                pair.getKey(),
                                                pair.getValue() instanceof String text
                                                        ? text
                                                        : Json.compact(pair.getValue())))
                        .toList());
    }

    private void table(String title, List<String> head, List<? extends List<String>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        html.append("<h2>").append(escaped(title)).append("</h2>\n");
        html.append("<table border=\"1\" cellspacing=\"0\" cellpadding=\"6\">\n");
        if (!head.isEmpty()) {
            html.append("<tr bgcolor=\"#e8eef4\">");
            head.forEach(cell -> html.append("<th align=\"left\">").append(escaped(cell)));
            html.append("</tr>\n");
        }
        for (List<String> row : rows) {
            html.append("<tr>");
            row.forEach(cell -> html.append("<td valign=\"top\">").append(escaped(cell)));
            html.append("</tr>\n");
        }
        html.append("</table>\n");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
