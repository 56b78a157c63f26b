package io.modeltoecs.engine.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A page about a model: what it is, how it compares with the champion, where it comes from, and
 * whether it was published. One HTML file that needs nothing beside it and has no colours of its
 * own, so that it is a light page or a dark one as its reader has them. Jenkins serves what a build
 * archived with <a
 * href="https://www.jenkins.io/doc/book/security/configuring-content-security-policy/">a policy</a>
 * that forbids scripts and styles in the page.
 */
final class ModelCard {
    private static final int MOST_FILES = 50;

    private final StringBuilder html = new StringBuilder();

    private ModelCard() {}

    /**
     * @param state of a publication that has ended, one way or the other
     */
    static String of(PublicationState state) {
        ModelCard card = new ModelCard();
        card.write(state);
        return card.html.toString();
    }

    private void write(PublicationState state) {
        LinkedHashMap<String, Object> json = Json.object(state.modelJson(), "model.json");
        Map<String, Object> result = state.result();
        String name = String.valueOf(json.get("name"));
        StoredModel model =
                new StoredModel(
                        name,
                        String.valueOf(json.get("version")),
                        (String) result.get("sha256"),
                        json);
        boolean published = !result.isEmpty();
        String title = name + (published ? "@" + model.version() : ", failed");
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n")
                .append("<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
                .append(escaped(title))
                .append("</title>\n</head>\n<body>\n<h1>")
                .append(escaped(name))
                .append("</h1>\n");
        if (state.problem() != null) {
            html.append("<p><strong>Failed: ")
                    .append(escaped(state.problem()))
                    .append("</strong></p>\n");
        }
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("version", published ? model.version() : null);
        summary.put("aliases", result.get("aliases"));
        summary.put("reused", result.get("reused"));
        summary.put("place", result.get("uri"));
        summary.put("sha256", model.sha256());
        summary.put("bytes", model.sizeBytes());
        summary.put("made at", json.get("createdAt"));
        pairs("Version", summary);
        metrics(model.metrics(), state.champion(), state.championMetrics());
        table("Gates", List.of("gate", "value", "limit", "verdict"), state.gates());
        pairs("Parameters", Json.map(json.get("params")));
        Map<String, Object> lineage = new LinkedHashMap<>();
        Json.map(json.get("git")).forEach((key, value) -> lineage.put("git " + key, value));
        Json.map(json.get("build")).forEach((key, value) -> lineage.put("build " + key, value));
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

    private void metrics(
            Map<String, Object> metrics, String champion, Map<String, Object> championMetrics) {
        Map<String, Double> own = Gates.numbers(metrics);
        Map<String, Double> other = Gates.numbers(championMetrics);
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
        String held = champion == null ? "no champion" : "champion " + champion;
        table("Metrics", List.of("metric", "this model", held, "change"), rows);
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
            html.append("<tr>");
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
