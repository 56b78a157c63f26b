package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The serving runtime that the engine carries on its class path. It is read where the class path is
 * an ordinary one, on the controller, and travels to where an image is built.
 */
final class ServingRuntime {
    static final String REQUIREMENTS = "requirements.txt";

    private static final String FOLDER = "model-to-ecs/serving/";
    private static final String ALLOWED_IMPORTS = "/model-to-ecs/pickle/allowed-imports.txt";

    private ServingRuntime() {}

    /** All its files by their paths, with the shipped list of imports beside them. */
    static TreeMap<String, byte[]> files() throws IOException {
        // A file that is there for sure: not every jar has entries for its folders
        URL known = ServingRuntime.class.getResource("/" + FOLDER + REQUIREMENTS);
        if (known == null) {
            throw new StepException("the engine was packed without its serving runtime");
        }
        URLConnection connection = known.openConnection();
        TreeMap<String, byte[]> files =
                connection instanceof JarURLConnection jar ? fromJar(jar) : fromFolder(known);
        try (InputStream list = ServingRuntime.class.getResourceAsStream(ALLOWED_IMPORTS)) {
            if (list == null) {
                throw new StepException("the engine was packed without its list of imports");
            }
            files.put("allowed-imports.txt", list.readAllBytes());
        }
        return files;
    }

    private static TreeMap<String, byte[]> fromJar(JarURLConnection connection) throws IOException {
        connection.setUseCaches(false);
        TreeMap<String, byte[]> files = new TreeMap<>();
        try (JarFile jar = connection.getJarFile()) {
            Enumeration<JarEntry> entries = jar.entries();
            while (entries.hasMoreElements()) {
                JarEntry entry = entries.nextElement();
                if (entry.getName().startsWith(FOLDER) && !entry.isDirectory()) {
                    try (InputStream in = jar.getInputStream(entry)) {
                        files.put(entry.getName().substring(FOLDER.length()), in.readAllBytes());
                    }
                }
            }
        }
        return files;
    }

    private static TreeMap<String, byte[]> fromFolder(URL known) throws IOException {
        TreeMap<String, byte[]> files = new TreeMap<>();
        try {
            Path folder = Path.of(known.toURI()).getParent();
            try (Stream<Path> walk = Files.walk(folder)) {
                for (Path file : (Iterable<Path>) walk.filter(Files::isRegularFile)::iterator) {
                    files.put(
                            folder.relativize(file).toString().replace('\\', '/'),
                            Files.readAllBytes(file));
                }
            }
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
        return files;
    }
}
