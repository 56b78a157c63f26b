package io.modeltoecs.cloud.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A folder that is the root of a container: its links lead nowhere else. */
final class Root {
    private static final int MAX_LINKS = 40;

    private final Path root;

    Root(Path root) {
        this.root = root;
    }

    /**
     * Where a path of the container lies; a link at its very end is not followed.
     *
     * @throws IOException where it climbs above the root, or has too many links
     */
    Path place(String path) throws IOException {
        Path name = Path.of("/" + path).normalize();
        if (Path.of(path.replaceFirst("^/+", "")).normalize().startsWith("..")) {
            throw new IOException("The path " + path + " leads out of its root");
        }
        Path parent = name.getParent();
        return parent == null
                ? root
                : follow(parent).resolve(name.getName(name.getNameCount() - 1).toString());
    }

    /** Where a path of the container lies, with all links followed. */
    Path follow(Path path) throws IOException {
        Path at = root;
        Deque<Path> left = new ArrayDeque<>();
        path.forEach(left::add);
        for (int links = 0; !left.isEmpty(); ) {
            String part = left.pop().toString();
            if (part.isEmpty() || part.equals(".")) {
                continue;
            }
            if (part.equals("..")) {
                at = at.equals(root) ? root : at.getParent();
                continue;
            }
            Path step = at.resolve(part);
            if (!Files.isSymbolicLink(step)) {
                at = step;
                continue;
            }
            if (++links > MAX_LINKS) {
                throw new IOException("Too many symbolic links in " + path);
            }
            Path target = Files.readSymbolicLink(step);
            List<Path> parts = new java.util.ArrayList<>();
            target.forEach(parts::add);
            for (int i = parts.size() - 1; i >= 0; i--) {
                left.push(parts.get(i));
            }
            at = target.isAbsolute() ? root : at;
        }
        return at;
    }
}
