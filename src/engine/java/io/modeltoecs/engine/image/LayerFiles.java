package io.modeltoecs.engine.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The files of a layer by their path in the image, in the order in which they are written. */
final class LayerFiles {
    private final Map<String, Entry> entries = new TreeMap<>();

    private sealed interface Entry {}

    private record Folder() implements Entry {}

    private record Link(String target) implements Entry {}

    private record Content(byte[] bytes, boolean executable) implements Entry {}

    private record Copy(Path source, boolean executable) implements Entry {}

    /** Adds a folder, and those above it. */
    LayerFiles folder(String path) {
        for (String each = path; !each.isEmpty(); each = parent(each)) {
            entries.putIfAbsent(each, new Folder());
        }
        return this;
    }

    LayerFiles content(String path, byte[] bytes, boolean executable) {
        return put(path, new Content(bytes, executable));
    }

    LayerFiles copy(String path, Path source, boolean executable) {
        return put(path, new Copy(source, executable));
    }

    /** Adds a symbolic link as it is: what it points to is the image's matter. */
    LayerFiles link(String path, String target) {
        return put(path, new Link(target));
    }

    private LayerFiles put(String path, Entry entry) {
        folder(parent(path));
        entries.put(path, entry);
        return this;
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /** How many files and links there are. */
    long count() {
        return entries.values().stream().filter(entry -> !(entry instanceof Folder)).count();
    }

    void writeTo(TarWriter tar) throws IOException {
        for (Map.Entry<String, Entry> each : entries.entrySet()) {
            String path = each.getKey();
            if (each.getValue() instanceof Link link) {
                tar.link(path, link.target());
            } else if (each.getValue() instanceof Content content) {
                byte[] bytes = content.bytes();
                tar.file(
                        path,
                        content.executable(),
                        bytes.length,
                        new java.io.ByteArrayInputStream(bytes));
            } else if (each.getValue() instanceof Copy copy) {
                try (InputStream in = Files.newInputStream(copy.source())) {
                    tar.file(path, copy.executable(), Files.size(copy.source()), in);
                }
            } else {
                tar.directory(path);
            }
        }
    }
}
