package io.modeltoecs.runner.steps;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Ends a process and all that it started. Children whose parent has died are found, where there is
 * {@code /proc}, by a variable that they inherited, as Jenkins does it.
 */
final class ProcessTree {
    /** The variable; its value is another one for each process that is started. */
    static final String COOKIE = "JENKINS_SERVER_COOKIE";

    private static final Duration GRACE = Duration.ofSeconds(5);

    private ProcessTree() {}

    /** Asks all to end; after a while kills what is left. */
    static void kill(Process process, String cookie) {
        Set<ProcessHandle> tree = tree(process, cookie);
        tree.forEach(ProcessHandle::destroy);
        long deadline = System.nanoTime() + GRACE.toNanos();
        while (tree.stream().anyMatch(ProcessHandle::isAlive) && System.nanoTime() < deadline) {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                break; // a second interruption: no more patience
            }
        }
        tree.addAll(tree(process, cookie));
        tree.forEach(ProcessHandle::destroyForcibly);
    }

    private static Set<ProcessHandle> tree(Process process, String cookie) {
        Set<ProcessHandle> tree = new LinkedHashSet<>();
        process.descendants().forEach(tree::add);
        tree.add(process.toHandle());
        String assignment = COOKIE + "=" + cookie;
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path folder : processes) {
                if (environment(folder).contains(assignment)) {
                    ProcessHandle.of(Long.parseLong(folder.toFile().getName()))
                            .ifPresent(tree::add);
                }
            }
        } catch (IOException e) {
            // no /proc here: the descendants are what can be found
        }
        return tree;
    }

    private static String environment(Path folder) {
        try {
            return new String(
                    Files.readAllBytes(folder.resolve("environ")), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // another user's, or it has ended
        }
    }
}
