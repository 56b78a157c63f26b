package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modeltoecs.engine.registry.Hashes;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * What a layer says of installed packages: the files that tell of them, and the paths that it takes
 * away from the layers below (whiteouts,
 * https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
 *
 * @param found what is installed, by the path of the file that tells of it
 * @param removed paths that are gone, with all below them
 * @param emptied folders of which nothing of the layers below is left
 * @param unread why something couldn't be read
 */
record LayerInventory(
        Map<String, List<Package>> found,
        TreeSet<String> removed,
        TreeSet<String> emptied,
        TreeSet<String> unread) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST = 64 << 20;
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final Pattern PYTHON =
            Pattern.compile(
                    "(?:.*/)?(?:site|dist)-packages/[^/]+(?:\\.dist-info/METADATA|\\.egg-info/PKG-INFO"
                            + "|\\.egg-info)");
    private static final Pattern RECORD =
            Pattern.compile("(?:.*/)?(?:site|dist)-packages/[^/]+\\.dist-info/RECORD");
    private static final Pattern DPKG =
            Pattern.compile("var/lib/dpkg/(status|status\\.d/[^/]+(?<!\\.md5sums))");
    private static final Pattern RPM =
            Pattern.compile(
                    "(?:var/lib|usr/lib/sysimage)/rpm/(Packages|Packages\\.db|rpmdb\\.sqlite)");
    private static final String APK = "lib/apk/db/installed";
    private static final Pattern OS = Pattern.compile("(etc|usr/lib)/os-release");
    // Some put the whole text of their license there
    private static final int LONGEST_LICENSE = 100;

    /** What told of a package. */
    enum Kind {
        PYTHON,
        /** Not a package: the digest of the list of a distribution's files. */
        RECORD,
        DEB,
        APK,
        /** Not a package: name and version of the distribution of Linux. */
        OS
    }

    /**
     * A package.
     *
     * @param license or empty
     * @param architecture or empty
     */
    record Package(Kind kind, String name, String version, String license, String architecture) {}

    /**
     * Reads a layer.
     *
     * @param layer as registries keep it: a tar archive, as it is or in gzip
     */
    static LayerInventory of(InputStream layer) throws IOException {
        LayerInventory inventory =
                new LayerInventory(
                        new TreeMap<>(), new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
        BufferedInputStream in = new BufferedInputStream(layer, 1 << 16);
        in.mark(4);
        int first = in.read();
        int second = in.read();
        in.reset();
        if (first == 0x28 && second == 0xb5) {
            inventory.unread.add("a layer in zstd");
            return inventory;
        }
        boolean gzip = first == 0x1f && second == 0x8b;
        InputStream plain = gzip ? new GZIPInputStream(in, 1 << 16) : in;
        TarArchiveInputStream tar = new TarArchiveInputStream(plain);
        for (TarArchiveEntry entry = tar.getNextEntry();
                entry != null;
                entry = tar.getNextEntry()) {
            inventory.read(entry, tar);
        }
        return inventory;
    }

    private void read(TarArchiveEntry entry, InputStream content) throws IOException {
        String path = entry.getName().replaceFirst("^(\\./|/)+", "").replaceFirst("/$", "");
        int slash = path.lastIndexOf('/');
        String name = path.substring(slash + 1);
        String folder = path.substring(0, Math.max(0, slash));
        if (name.equals(OPAQUE)) {
            emptied.add(folder);
        } else if (name.startsWith(WHITEOUT)) {
            String gone = name.substring(WHITEOUT.length());
            removed.add(folder.isEmpty() ? gone : folder + "/" + gone);
        } else if (entry.isFile()) {
            List<Package> packages = packages(path, content);
            if (!packages.isEmpty() || DPKG.matcher(path).matches() || path.equals(APK)) {
                found.put(path, packages);
            }
        }
    }

    private List<Package> packages(String path, InputStream content) throws IOException {
        if (PYTHON.matcher(path).matches()) {
            return distribution(text(content));
        }
        if (RECORD.matcher(path).matches()) {
            return List.of(new Package(Kind.RECORD, Hashes.name(content), "", "", ""));
        }
        if (DPKG.matcher(path).matches()) {
            return debian(text(content));
        }
        if (path.equals(APK)) {
            return alpine(text(content));
        }
        if (OS.matcher(path).matches()) {
            return List.of(system(text(content)));
        }
        if (RPM.matcher(path).matches()) {
            unread.add("an RPM database");
        }
        return List.of();
    }

    private static String text(InputStream content) throws IOException {
        return new String(content.readNBytes(LONGEST), StandardCharsets.UTF_8);
    }

    /** https://packaging.python.org/en/latest/specifications/core-metadata/ */
    private static List<Package> distribution(String metadata) {
        Map<String, String> fields = new TreeMap<>();
        List<String> classified = new ArrayList<>();
        for (String line : metadata.split("\\R")) {
            if (line.isEmpty()) {
                break;
            }
            Matcher field = Pattern.compile("([A-Za-z-]+): *(.*)").matcher(line);
            if (field.matches()) {
                fields.putIfAbsent(field.group(1), field.group(2).strip());
                if (field.group(2).startsWith("License :: ")) {
                    classified.add(field.group(2).replaceFirst(".* :: ", ""));
                }
            }
        }
        if (!fields.containsKey("Name") || !fields.containsKey("Version")) {
            return List.of();
        }
        String license = fields.getOrDefault("License", "");
        boolean said = !license.isEmpty() && license.length() <= LONGEST_LICENSE;
        return List.of(
                new Package(
                        Kind.PYTHON,
                        fields.get("Name"),
                        fields.get("Version"),
                        fields.getOrDefault(
                                "License-Expression",
                                said ? license : String.join(", ", classified)),
                        ""));
    }

    /** deb-status(5): only what is installed, not what was removed and left its settings. */
    private static List<Package> debian(String status) {
        List<Package> packages = new ArrayList<>();
        for (String paragraph : status.split("\\R\\R+")) {
            Map<String, String> fields = fields(paragraph, ":");
            String state = fields.getOrDefault("Status", "install ok installed");
            if (fields.containsKey("Package")
                    && fields.containsKey("Version")
                    && state.endsWith(" installed")) {
                packages.add(
                        new Package(
                                Kind.DEB,
                                fields.get("Package"),
                                fields.get("Version"),
                                "",
                                fields.getOrDefault("Architecture", "")));
            }
        }
        return packages;
    }

    /** https://wiki.alpinelinux.org/wiki/Apk_spec */
    private static List<Package> alpine(String installed) {
        List<Package> packages = new ArrayList<>();
        for (String paragraph : installed.split("\\R\\R+")) {
            Map<String, String> fields = fields(paragraph, ":");
            if (fields.containsKey("P") && fields.containsKey("V")) {
                packages.add(
                        new Package(
                                Kind.APK,
                                fields.get("P"),
                                fields.get("V"),
                                fields.getOrDefault("L", ""),
                                fields.getOrDefault("A", "")));
            }
        }
        return packages;
    }

    /** os-release(5). */
    private static Package system(String release) {
        Map<String, String> fields = fields(release.replace("\"", "").replace("'", ""), "=");
        return new Package(
                Kind.OS,
                fields.getOrDefault("ID", "linux"),
                fields.getOrDefault("VERSION_ID", ""),
                "",
                "");
    }

    private static Map<String, String> fields(String lines, String separator) {
        Map<String, String> fields = new TreeMap<>();
        for (String line : lines.split("\\R")) {
            int end = line.indexOf(separator);
            if (end > 0 && line.charAt(0) != ' ') {
                fields.putIfAbsent(line.substring(0, end), line.substring(end + 1).strip());
            }
        }
        return fields;
    }

    byte[] toJson() throws IOException {
        return JSON.writeValueAsBytes(this);
    }

    static LayerInventory fromJson(byte[] json) throws IOException {
        return JSON.readValue(json, LayerInventory.class);
    }

    /** This inventory, with a layer on top of it. */
    LayerInventory under(LayerInventory upper) {
        Map<String, List<Package>> both = new TreeMap<>(found);
        both.keySet()
                .removeIf(
                        path ->
                                upper.removed.stream().anyMatch(gone -> isIn(path, gone))
                                        || upper.emptied.stream()
                                                .anyMatch(folder -> isIn(path, folder)));
        both.putAll(upper.found);
        TreeSet<String> all = new TreeSet<>(unread);
        all.addAll(upper.unread);
        return new LayerInventory(both, new TreeSet<>(), new TreeSet<>(), all);
    }

    private static boolean isIn(String path, String folder) {
        return folder.isEmpty() || path.equals(folder) || path.startsWith(folder + "/");
    }
}
