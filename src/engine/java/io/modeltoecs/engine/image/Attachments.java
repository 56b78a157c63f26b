package io.modeltoecs.engine.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Manifest;
import io.modeltoecs.engine.registry.RegistryRepository;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Bill of materials and provenance of an image. What a layer holds is read once and kept by its
 * digest, so that an image that didn't change costs no reading.
 */
final class Attachments {
    // Raised when the same layer should be read anew
    private static final String FORMAT = "inventory-1-";
    private static final String CREATED = "org.opencontainers.image.created";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Assembly assembly;
    private final String image;
    private final LayerCache cache;
    private final Base base;
    private final Progress progress;

    /** Opens the repository of the base's layers, for those that weren't read before. */
    @FunctionalInterface
    interface Base {
        RegistryRepository open();
    }

    Attachments(Assembly assembly, LayerCache cache, Base base, Progress progress) {
        this.base = base;
        this.assembly = assembly;
        this.image = ImageBuild.host(assembly.registry()) + "/" + assembly.repository();
        this.cache = cache;
        this.progress = progress;
    }

    /**
     * Makes them.
     *
     * @param whole the image, or the index of several
     * @param manifests of the platforms, in the assembly's order
     */
    List<Attachment> of(Manifest whole, List<Manifest> manifests)
            throws IOException, InterruptedException {
        List<Attachment> all = new ArrayList<>();
        String created = "";
        for (int i = 0; i < manifests.size(); i++) {
            Assembly.PlatformImage platform = assembly.images().get(i);
            created = JSON.readTree(platform.config()).path("created").asText();
            byte[] sbom = Sbom.of(inventory(platform), image, manifests.get(i).digest(), created);
            all.add(new Attachment(manifests.get(i), Sbom.TYPE, sbom, dated(created)));
        }
        all.add(
                new Attachment(
                        whole,
                        Provenance.TYPE,
                        Provenance.statement(assembly.provenance(), image, whole.digest()),
                        dated(created).put("in-toto.io/predicate-type", Provenance.PREDICATE)));
        return all;
    }

    private static ObjectNode dated(String created) {
        return JSON.createObjectNode().put(CREATED, created);
    }

    private LayerInventory inventory(Assembly.PlatformImage platform)
            throws IOException, InterruptedException {
        LayerInventory all =
                new LayerInventory(
                        new TreeMap<>(), new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
        for (Assembly.ImageLayer layer : platform.layers()) {
            all = all.under(inventory(layer));
        }
        if (!all.unread().isEmpty()) {
            progress.say(
                    "bill of materials: incomplete, it can't read "
                            + String.join(", ", all.unread()));
        }
        return all;
    }

    private LayerInventory inventory(Assembly.ImageLayer layer)
            throws IOException, InterruptedException {
        String key = FORMAT + layer.digest().replace("sha256:", "");
        Optional<byte[]> known = cache.noted(key);
        if (known.isPresent()) {
            return LayerInventory.fromJson(known.get());
        }
        LayerInventory inventory;
        if (layer.ours()) {
            try (InputStream in = Files.newInputStream(cache.file(layer.digest()))) {
                inventory = LayerInventory.of(in);
            }
        } else {
            progress.say(
                    "bill of materials: reading layer %s, %s"
                            .formatted(layer.what(), Amounts.bytes(layer.bytes())));
            try (RegistryRepository source = base.open()) {
                inventory = source.read(layer.digest(), LayerInventory::of);
            }
        }
        cache.note(key, inventory.toJson());
        return inventory;
    }
}
