package io.modeltoecs.engine.image;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The Python distributions that layers install, and take away again. */
final class InstalledPython {
    private static final Pattern DISTRIBUTION =
            Pattern.compile(
                    "(?:.*/)?(?:site|dist)-packages/(\\.wh\\.)?([^/]+?)-([^/-]+)(?:-py[0-9.]+)?"
                            + "\\.(?:dist|egg)-info"
                            + "(?:/(?:METADATA|PKG-INFO))?");
    private static final String GONE = "";

    private final Map<String, String> versions = new TreeMap<>();

    /**
     * What one layer changes: versions by name, an empty one for a distribution that it removes.
     *
     * @param archive the layer, not compressed
     */
    static Map<String, String> changes(InputStream archive) throws IOException {
        Map<String, String> changes = new TreeMap<>();
        TarArchiveInputStream tar = new TarArchiveInputStream(new BufferedInputStream(archive));
        for (TarArchiveEntry entry = tar.getNextEntry();
                entry != null;
                entry = tar.getNextEntry()) {
            Matcher name = DISTRIBUTION.matcher(entry.getName());
            if (name.matches() && name.group(1) != null) {
                changes.putIfAbsent(key(name), GONE);
            } else if (name.matches() && entry.isFile()) {
                changes.put(key(name), name.group(3));
            }
        }
        return changes;
    }

    private static String key(Matcher name) {
        return SitePackages.normal(name.group(2).toLowerCase(Locale.ROOT));
    }

    /** Adds what the next layer changes. */
    void apply(Map<String, String> changes) {
        changes.forEach(
                (name, version) -> {
                    if (version.equals(GONE)) {
                        versions.remove(name);
                    } else {
                        versions.put(name, version);
                    }
                });
    }

    /** Versions by name, after the layers so far. */
    Map<String, String> versions() {
        return versions;
    }
}
