package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.model.StoredModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a model can be loaded in an image: a pickle needs the same Python minor, and the same
 * major.minor of each library that it imports. The loader checks again when it starts.
 */
final class ModelFit {
    private ModelFit() {}

    /**
     * @return whether the image's labels say enough to compare
     * @throws StepException naming both versions, if the model doesn't fit
     */
    static boolean check(StoredModel model, ImageFacts image) {
        Optional<String> python = image.python();
        if (python.isEmpty()) {
            return false;
        }
        List<String> misfits = new ArrayList<>();
        if (model.python() != null && !minor(model.python()).equals(minor(python.get()))) {
            misfits.add(
                    "the model was made with Python %s, the image has Python %s"
                            .formatted(model.python(), python.get()));
        }
        image.libraries().ifPresent(libraries -> compare(model, normal(libraries), misfits));
        if (!misfits.isEmpty()) {
            throw new StepException(
                    "the model %s doesn't fit the image '%s': %s. Build the image with buildServingImage(model: '%s', ...), or train with the image's versions."
                            .formatted(
                                    model.ref(),
                                    image.reference(),
                                    String.join("; ", misfits),
                                    model.ref()));
        }
        return true;
    }

    private static void compare(
            StoredModel model, Map<String, String> inImage, List<String> misfits) {
        Map<String, String> inModel = normal(model.libraries());
        for (String distribution : model.importDistributions()) {
            String wanted = inModel.get(normal(distribution));
            String found = inImage.get(normal(distribution));
            if (wanted == null) {
                continue;
            }
            if (found == null) {
                misfits.add(
                        "it needs %s %s, which the image hasn't".formatted(distribution, wanted));
            } else if (!minor(wanted).equals(minor(found))) {
                misfits.add(
                        "the model was made with %s %s, the image has %s"
                                .formatted(distribution, wanted, found));
            }
        }
    }

    /** Major and minor of a version. */
    private static String minor(String version) {
        String[] parts = version.split("[.+-]");
        return parts.length < 2 ? version : parts[0] + "." + parts[1];
    }

    private static Map<String, String> normal(Map<String, String> libraries) {
        Map<String, String> normal = new LinkedHashMap<>();
        libraries.forEach((name, version) -> normal.put(normal(name), version));
        return normal;
    }

    /** A distribution's name as the Python packaging specification compares it. */
    private static String normal(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[-_.]+", "-");
    }
}
