package io.modeltoecs.runner.build;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;

/** The build's log: on the console and in a file, line by line, with secrets replaced. */
public final class BuildLog implements AutoCloseable {
    private static final String MASK = "****";

    private final PrintStream console;
    private final PrintWriter file;
    // a secret that holds another one is replaced as a whole
    private final Set<String> secrets =
            new TreeSet<>(
                    Comparator.comparingInt(String::length)
                            .reversed()
                            .thenComparing(Comparator.naturalOrder()));

    public BuildLog(PrintStream console, Path file) throws IOException {
        this.console = console;
        this.file = new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8), true);
    }

    /** From now on, each line of a secret is replaced where it shows up. */
    public synchronized void mask(String secret) {
        secret.lines().filter(line -> !line.isBlank()).forEach(secrets::add);
    }

    /** Writes a line, or several. */
    public void line(String text) {
        line(null, text);
    }

    /** Writes what a parallel branch says. */
    public synchronized void line(String branch, String text) {
        String prefix = branch == null ? "" : "[" + branch + "] ";
        for (String line : text.split("\n", -1)) {
            String masked = prefix + masked(line);
            console.println(masked);
            file.println(masked);
        }
    }

    private String masked(String line) {
        String masked = line;
        for (String secret : secrets) {
            masked = masked.replace(secret, MASK);
        }
        return masked;
    }

    @Override
    public void close() {
        file.close();
    }
}
