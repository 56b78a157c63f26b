package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.image.LayerInventory.Kind;
import io.modeltoecs.engine.image.LayerInventory.Package;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The bill of materials of one platform's image, in CycloneDX 1.5: Python distributions and the
 * packages of its Linux. The same image gives the same bytes: it has neither a serial number nor a
 * time but the commit's. https://cyclonedx.org/docs/1.5/json/
 */
final class Sbom {
    static final String TYPE = "application/vnd.cyclonedx+json";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROPERTY = "io.modeltoecs:";

    private Sbom() {}

    /**
     * @param inventory what all layers together hold
     * @param image registry and repository
     * @param digest of the image's manifest
     * @param created when the image counts as made, as RFC 3339 has it
     */
    static byte[] of(LayerInventory inventory, String image, String digest, String created)
            throws IOException {
        ObjectNode sbom =
                JSON.createObjectNode()
                        .put("bomFormat", "CycloneDX")
                        .put("specVersion", "1.5")
                        .put("version", 1);
        ObjectNode metadata = sbom.putObject("metadata").put("timestamp", created);
        metadata.putObject("tools")
                .putArray("components")
                .addObject()
                .put("type", "application")
                .put("name", "model-to-ecs");
        metadata.putObject("component")
                .put("type", "container")
                .put("bom-ref", image + "@" + digest)
                .put("name", image)
                .put("version", digest)
                .putArray("hashes")
                .addObject()
                .put("alg", "SHA-256")
                .put("content", digest.replace("sha256:", ""));
        if (!inventory.unread().isEmpty()) {
            ArrayNode properties = metadata.putArray("properties");
            inventory
                    .unread()
                    .forEach(
                            what ->
                                    properties
                                            .addObject()
                                            .put("name", PROPERTY + "not-read")
                                            .put("value", what));
        }
        Map<String, ObjectNode> components = new TreeMap<>();
        Package system = system(inventory);
        inventory
                .found()
                .forEach(
                        (path, packages) ->
                                packages.forEach(
                                        each -> {
                                            if (each.kind() != Kind.RECORD) {
                                                ObjectNode component =
                                                        component(inventory, path, each, system);
                                                components.put(
                                                        component.path("bom-ref").asText(),
                                                        component);
                                            }
                                        }));
        ArrayNode all = sbom.putArray("components");
        components.values().forEach(all::add);
        return JSON.writeValueAsBytes(sbom);
    }

    private static Package system(LayerInventory inventory) {
        // usr/lib/os-release is the later of the two, and what the other one links to
        return inventory.found().values().stream()
                .flatMap(List::stream)
                .filter(each -> each.kind() == Kind.OS)
                .reduce((first, second) -> second)
                .orElse(new Package(Kind.OS, "linux", "", "", ""));
    }

    private static ObjectNode component(
            LayerInventory inventory, String path, Package found, Package system) {
        ObjectNode component = JSON.createObjectNode();
        component.put("type", found.kind() == Kind.OS ? "operating-system" : "library");
        if (found.kind() == Kind.OS) {
            return component
                    .put("bom-ref", "os:" + found.name())
                    .put("name", found.name())
                    .put("version", found.version());
        }
        String purl = purl(found, system);
        // the same distribution may be there twice
        component.put("bom-ref", found.kind() == Kind.PYTHON ? purl + "#" + parent(path) : purl);
        component.put("name", found.name()).put("version", found.version());
        if (!found.license().isEmpty()) {
            component
                    .putArray("licenses")
                    .addObject()
                    .putObject("license")
                    .put("name", found.license());
        }
        component.put("purl", purl);
        ArrayNode properties = component.putArray("properties");
        properties.addObject().put("name", PROPERTY + "path").put("value", "/" + path);
        List<Package> record = inventory.found().get(parent(path) + "/RECORD");
        if (found.kind() == Kind.PYTHON && record != null) {
            properties
                    .addObject()
                    .put("name", PROPERTY + "record-sha256")
                    .put("value", record.get(0).name().replace("sha256:", ""));
        }
        return component;
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /** https://github.com/package-url/purl-spec */
    private static String purl(Package found, Package system) {
        if (found.kind() == Kind.PYTHON) {
            return "pkg:pypi/" + SitePackages.normal(found.name()) + "@" + code(found.version());
        }
        String purl =
                "pkg:%s/%s/%s@%s"
                        .formatted(
                                found.kind() == Kind.DEB ? "deb" : "apk",
                                code(system.name()),
                                code(found.name()),
                                code(found.version()));
        String distribution = system.name() + "-" + system.version();
        return purl
                + (found.architecture().isEmpty() ? "?" : "?arch=" + found.architecture() + "&")
                + "distro="
                + code(distribution);
    }

    private static String code(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%3A", ":")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }
}
