package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarInputStream;
import java.util.jar.Manifest;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;

/** The built .hpi, as Jenkins will see it. */
class HpiIT {
    private static final Path HPI = Path.of(System.getProperty("hpi"));
    private static final Path TABLE = Path.of("../jenkins-api/jenkins-2.516.2.tsv.gz");
    private static final String OWN_JAR = "WEB-INF/lib/model-to-ecs.jar";

    private static Map<String, byte[]> entries(InputStream in) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.isDirectory()) {
                    entries.put(entry.getName(), zip.readAllBytes());
                }
            }
        }
        return entries;
    }

    private static Map<String, byte[]> hpi() throws IOException {
        try (InputStream in = Files.newInputStream(HPI)) {
            return entries(in);
        }
    }

    private static Map<String, byte[]> ownJar() throws IOException {
        return entries(new ByteArrayInputStream(hpi().get(OWN_JAR)));
    }

    private static Attributes manifest(byte[] jar) throws IOException {
        try (JarInputStream in = new JarInputStream(new ByteArrayInputStream(jar))) {
            return in.getManifest().getMainAttributes();
        }
    }

    @Test
    void theManifestSaysWhatJenkinsAsks() throws Exception {
        Attributes manifest =
                new Manifest(new ByteArrayInputStream(hpi().get("META-INF/MANIFEST.MF")))
                        .getMainAttributes();
        assertThat(manifest.getValue("Short-Name")).isEqualTo("model-to-ecs");
        assertThat(manifest.getValue("Extension-Name")).isEqualTo("model-to-ecs");
        assertThat(manifest.getValue("Group-Id")).isEqualTo("io.github.model-to-ecs");
        assertThat(manifest.getValue("Jenkins-Version")).isEqualTo("2.516.2");
        assertThat(manifest.getValue("Java-Version")).isEqualTo("17");
        for (String name :
                List.of(
                        "Long-Name",
                        "Plugin-Version",
                        "Plugin-Developers",
                        "Plugin-License-Name",
                        "Plugin-License-Url",
                        "Support-Dynamic-Loading",
                        "Url")) {
            assertThat(manifest.getValue(name)).as(name).isNotBlank();
        }
    }

    @Test
    void itDependsOnPluginsAtTheRecordedVersionsAndOnNoPluginWithAnAwsSdk() throws Exception {
        Map<String, String> recorded = new HashMap<>();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(TABLE))) {
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("J\t"))
                    .map(line -> line.split("\t"))
                    .forEach(cells -> recorded.put(cells[1], cells[2]));
        }
        String dependencies = manifest(Files.readAllBytes(HPI)).getValue("Plugin-Dependencies");
        for (String dependency : dependencies.split(",")) {
            String[] parts = dependency.split(":");
            assertThat(recorded).containsEntry(parts[0], parts[1]);
            assertThat(parts[0]).doesNotContain("aws").isNotEqualTo("gitlab-plugin");
        }
    }

    @Test
    void itsOwnJarHasTheSameManifestSoThatItsClassesMayCrossRemoting() throws Exception {
        assertThat(manifest(hpi().get(OWN_JAR))).isEqualTo(manifest(Files.readAllBytes(HPI)));
    }

    @Test
    void theEnginesJarAllowsItsClassesToCrossRemoting() throws Exception {
        Map<String, byte[]> hpi = hpi();
        String engine =
                hpi.keySet().stream()
                        .filter(name -> name.contains("model-to-ecs-engine"))
                        .findFirst()
                        .orElseThrow();
        assertThat(manifest(hpi.get(engine)).getValue("Jenkins-ClassFilter-Whitelisted"))
                .isEqualTo("true");
    }

    /** When a dependency changes on purpose, so does the list: see what came in and out. */
    @Test
    void itHoldsExactlyTheListedFiles() throws Exception {
        List<String> listed =
                Files.readAllLines(Path.of("../../test/plugin/resources/hpi-contents.txt"));
        assertThat(hpi().keySet()).containsExactlyElementsOf(listed);
    }

    @Test
    void itHoldsNothingThatIsFarTooBigOrThatCoreProvides() throws Exception {
        assertThat(hpi().keySet())
                .noneMatch(name -> name.contains("netty"))
                .noneMatch(name -> name.matches(".*/ec2-[0-9].*"))
                .noneMatch(name -> name.matches(".*/(guava|slf4j-api|commons-(io|codec))-.*"));
    }

    @Test
    void extensionsAndSymbolsAreIndexed() throws Exception {
        Map<String, byte[]> jar = ownJar();
        String extensions =
                new String(
                        jar.get("META-INF/annotations/hudson.Extension.txt"),
                        StandardCharsets.UTF_8);
        for (String step :
                List.of(
                        "TrainAndPublishModelStep",
                        "BuildServingImageStep",
                        "DeployToEcsStep",
                        "PromoteModelStep",
                        "RollbackModelStep",
                        "RollbackEcsStep")) {
            assertThat(extensions).contains(step + "$DescriptorImpl");
            assertThat(jar).containsKey("io/jenkins/plugins/modeltoecs/" + step + ".stapler");
        }
        assertThat(extensions).contains("ModelToEcsConfiguration");
        String symbols =
                new String(
                        jar.get("META-INF/services/annotations/org.jenkinsci.Symbol"),
                        StandardCharsets.UTF_8);
        assertThat(symbols.lines()).containsExactlyElementsOf(classesWithSymbol(jar));
        assertThat(jar).containsKey("index.jelly");
    }

    /** What the index has to list; the annotation's own processor can't be had here. */
    private static List<String> classesWithSymbol(Map<String, byte[]> jar) {
        return jar.entrySet().stream()
                .filter(entry -> entry.getKey().endsWith(".class"))
                .filter(
                        entry ->
                                new String(entry.getValue(), StandardCharsets.ISO_8859_1)
                                        .contains("Lorg/jenkinsci/Symbol;"))
                .map(entry -> entry.getKey().replace(".class", "").replace('/', '.'))
                .toList();
    }
}
