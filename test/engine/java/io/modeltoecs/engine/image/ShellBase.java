package io.modeltoecs.engine.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a base in which a RUN runs: this machine's own shell with what it links to. */
final class ShellBase {
    private static final Pattern LIBRARY = Pattern.compile("(/\\S+)(?= \\(0x)");

    private ShellBase() {}

    static LayerFiles files() throws IOException, InterruptedException {
        LayerFiles files = new LayerFiles();
        files.folder("tmp").folder("proc").folder("sys").folder("dev");
        for (String program : new String[] {"sh", "cat", "sleep", "mkdir", "rm"}) {
            Path file = Command.find(program, System.getenv()).orElseThrow().toRealPath();
            files.copy("bin/" + program, file, true);
            Process ldd = new ProcessBuilder("ldd", file.toString()).start();
            String text =
                    new String(ldd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            ldd.waitFor();
            for (Matcher library = LIBRARY.matcher(text); library.find(); ) {
                files.copy(library.group(1).substring(1), Path.of(library.group(1)), true);
            }
        }
        return files;
    }

    /** The machine's environment for container tools, with a storage of the test's own. */
    static void useStorage(Map<String, String> environment, Path folder) throws IOException {
        Path machine = Path.of("../../.local/machine.env");
        if (Files.exists(machine)) {
            for (String line : Files.readAllLines(machine)) {
                if (line.startsWith("CONTAINERS_CONF=")) {
                    environment.put("CONTAINERS_CONF", line.split("=", 2)[1].replace("'", ""));
                }
            }
        }
        Path configuration = folder.resolve("storage.conf");
        Files.writeString(
                configuration,
                """
                [storage]
                driver = "vfs"
                graphroot = "%s"
                runroot = "%s"
                """
                        .formatted(folder.resolve("storage"), folder.resolve("run")));
        environment.put("CONTAINERS_STORAGE_CONF", configuration.toString());
    }
}
