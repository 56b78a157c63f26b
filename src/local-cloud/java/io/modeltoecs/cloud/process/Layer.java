package io.modeltoecs.cloud.process;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Unpacks the layers of an image over each other. Device nodes are left out, and owners where this
 * process may not set them.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/layer.md">Image layers</a>
 */
final class Layer {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final int PERMISSIONS = 07777;

    private final Path root;
    private final Root inside;
    private final boolean owners;

    /**
     * What this layer made, and the folders that it is in: an opaque folder hides only what is of
     * the layers below.
     */
    private final Set<Path> made = new HashSet<>();

    /**
     * A layer that comes over what is in a root.
     *
     * @param owners whether to give files to their owners, which root alone may
     */
    Layer(Path root, boolean owners) {
        this.root = root;
        this.inside = new Root(root);
        this.owners = owners;
    }

    /**
     * Unpacks it.
     *
     * @throws IOException where it isn't a tar, or leads out of the root
     */
    void unpack(InputStream tar) throws IOException {
        TarArchiveInputStream entries = new TarArchiveInputStream(new BufferedInputStream(tar));
        for (TarArchiveEntry e = entries.getNextEntry(); e != null; e = entries.getNextEntry()) {
            Path path = inside.place(e.getName());
            if (path.equals(root)) {
                continue;
            }
            String name = String.valueOf(path.getFileName());
            if (name.equals(OPAQUE)) {
                hideOlder(Objects.requireNonNull(path.getParent()));
            } else if (name.startsWith(WHITEOUT)) {
                Trees.delete(path.resolveSibling(name.substring(WHITEOUT.length())));
            } else {
                put(e, path, entries);
            }
        }
    }

    private void hideOlder(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path one : all) {
                if (!made.contains(one)) {
                    Trees.delete(one);
                } else if (Files.isDirectory(one, LinkOption.NOFOLLOW_LINKS)) {
                    hideOlder(one);
                }
            }
        }
    }

    private void put(TarArchiveEntry entry, Path path, InputStream content) throws IOException {
        if (!entry.isDirectory() && !entry.isFile() && !entry.isLink() && !entry.isSymbolicLink()) {
            return;
        }
        makeParents(Objects.requireNonNull(path.getParent()));
        boolean folder = entry.isDirectory();
        if (!(folder && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))) {
            Trees.delete(path);
        }
        for (Path one = path; !one.equals(root); one = Objects.requireNonNull(one.getParent())) {
            made.add(one);
        }
        if (entry.isLink()) {
            Files.createLink(path, inside.place(entry.getLinkName()));
            return;
        }
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (folder) {
            Files.createDirectories(path);
        } else {
            Files.copy(content, path, StandardCopyOption.REPLACE_EXISTING);
        }
        if (owners) {
            Files.setAttribute(
                    path, "unix:uid", (int) entry.getLongUserId(), LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(
                    path, "unix:gid", (int) entry.getLongGroupId(), LinkOption.NOFOLLOW_LINKS);
        }
        if (!entry.isSymbolicLink()) {
            // After the owner, which takes the set-user-id bit away. A folder stays ours to fill.
            int mode = entry.getMode() & PERMISSIONS | (folder && !owners ? 0700 : 0);
            Files.setAttribute(path, "unix:mode", mode);
            Files.setLastModifiedTime(
                    path, FileTime.fromMillis(entry.getLastModifiedDate().getTime()));
        }
    }

    private void makeParents(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            makeParents(folder.getParent());
            Files.deleteIfExists(folder);
            Files.createDirectory(folder);
        }
    }
}
