package io.modeltoecs.engine.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder of installed Python distributions, as a layer takes it: without what tells of the
 * machine that installed them.
 */
final class SitePackages {
    private static final String DIST_INFO = ".dist-info";

    private final Path folder;

    SitePackages(Path folder) {
        this.folder = folder;
    }

    /** A distribution's name as the index compares it, PEP 503. */
    static String normal(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[-_.]+", "-");
    }

    /** Versions of the distributions, by their names in lower case. */
    TreeMap<String, String> distributions() throws IOException {
        TreeMap<String, String> found = new TreeMap<>();
        try (Stream<Path> folders = Files.list(folder)) {
            for (Path info : (Iterable<Path>) folders::iterator) {
                Path metadata = info.resolve("METADATA");
                if (info.toString().endsWith(DIST_INFO) && Files.isRegularFile(metadata)) {
                    Map<String, String> fields = header(metadata);
                    found.put(fields.get("name").toLowerCase(Locale.ROOT), fields.get("version"));
                }
            }
        }
        return found;
    }

    private static Map<String, String> header(Path metadata) throws IOException {
        Map<String, String> fields = new TreeMap<>();
        for (String line : Files.readString(metadata).split("\\R")) {
            if (line.isEmpty()) {
                break;
            }
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.putIfAbsent(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        return fields;
    }

    /** The files, below a folder of the image. */
    LayerFiles files(String below) throws IOException {
        LayerFiles layer = new LayerFiles().folder(below);
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) walk.filter(Files::isRegularFile)::iterator) {
                String path = folder.relativize(file).toString().replace('\\', '/');
                if (isWanted(path)) {
                    add(layer, below + "/" + path, path, file);
                }
            }
        }
        return layer;
    }

    private static boolean isWanted(String path) {
        return !path.equals(".lock")
                && !path.endsWith(".pyc")
                && !path.endsWith(DIST_INFO + "/direct_url.json")
                && !path.endsWith(DIST_INFO + "/uv_cache.json");
    }

    private static void add(LayerFiles layer, String target, String path, Path file)
            throws IOException {
        if (path.endsWith(DIST_INFO + "/RECORD")) {
            layer.content(target, record(Files.readString(file)), false);
        } else if (path.startsWith("bin/") && isScript(file)) {
            layer.content(target, script(Files.readString(file)), true);
        } else {
            layer.copy(target, file, Files.isExecutable(file));
        }
    }

    private static boolean isScript(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(2), StandardCharsets.US_ASCII).equals("#!");
        }
    }

    /** A script that began with the path of this machine's Python: it takes the image's. */
    private static byte[] script(String text) {
        List<String> lines = text.lines().collect(Collectors.toList());
        if (lines.size() > 2 && lines.get(1).startsWith("'''exec'")) {
            // the form for long paths: three lines, run by a shell first
            lines.subList(1, 3).clear();
            lines.set(0, "#!/usr/bin/env python3");
        } else if (lines.get(0).contains("python")) {
            lines.set(0, "#!/usr/bin/env python3");
        }
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** The list of a distribution's files, in order and without hashes of what was rewritten. */
    private static byte[] record(String text) {
        return text.lines()
                .filter(line -> isWanted(line.substring(0, Math.max(0, line.indexOf(',')))))
                .map(line -> line.startsWith("bin/") ? line.split(",")[0] + ",," : line)
                .sorted()
                .collect(Collectors.joining("\n", "", "\n"))
                .getBytes(StandardCharsets.UTF_8);
    }
}
