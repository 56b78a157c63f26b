package io.modeltoecs.jenkinsapi;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** One class of the table with its members. */
record RecordedClass(Row head, List<Row> members) {

    /**
     * All classes of a table, by internal name; where two artifacts have one class the first
     * counts.
     */
    static Map<String, RecordedClass> readTable(Path table) throws IOException {
        Map<String, RecordedClass> classes = new LinkedHashMap<>();
        List<Row> members = null;
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                new GZIPInputStream(Files.newInputStream(table)),
                                StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Row row = Row.parse(line);
                switch (row.kind()) {
                    case 'J' -> members = null;
                    case 'C' -> {
                        members = new ArrayList<>();
                        classes.putIfAbsent(row.name(), new RecordedClass(row, members));
                    }
                    default -> members.add(row);
                }
            }
        }
        return classes;
    }
}
