package io.modeltoecs.runner.steps;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds files by Ant's patterns: several separated by commas, {@code **} for any folders. */
final class FilePatterns {
    private FilePatterns() {}

    /** The matching files below a folder, relative to it, in order. */
    static List<Path> find(Path folder, String patterns, String excludes) throws IOException {
        List<PathMatcher> wanted = matchers(patterns);
        List<PathMatcher> unwanted = excludes == null ? List.of() : matchers(excludes);
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(folder::relativize)
                    .filter(file -> matches(wanted, file) && !matches(unwanted, file))
                    .sorted()
                    .toList();
        }
    }

    private static boolean matches(List<PathMatcher> matchers, Path file) {
        return matchers.stream().anyMatch(matcher -> matcher.matches(file));
    }

    private static List<PathMatcher> matchers(String patterns) {
        List<PathMatcher> matchers = new ArrayList<>();
        for (String pattern : patterns.split(",")) {
            String ant = pattern.strip();
            if (ant.endsWith("/")) {
                ant += "**";
            }
            if (!ant.isEmpty()) {
                matchers.add(matcher(ant));
                if (ant.contains("**/")) { // Ant's ** also stands for no folder
                    matchers.add(matcher(ant.replace("**/", "")));
                }
            }
        }
        return matchers;
    }

    private static PathMatcher matcher(String pattern) {
        return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    }
}
