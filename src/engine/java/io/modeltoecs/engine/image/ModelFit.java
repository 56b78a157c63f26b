package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import java.util.Map;
import java.util.Optional;

/** Whether an image has what a model was made with. */
final class ModelFit {
    private ModelFit() {}

    static void requirePython(BuildOrder.ModelNeeds model, String python, String where) {
        String minor = BaseImage.minor(model.python());
        if (!minor.equals(BaseImage.minor(python))) {
            throw new StepException(
                    "buildServingImage: the model %s was made with Python %s, but %s has Python %s: give a 'base' with Python %s"
                            .formatted(model.name(), model.python(), where, python, minor));
        }
    }

    /** A pickle needs the libraries it was made with, at least their major and minor versions. */
    static void requireFit(
            BuildOrder.ModelNeeds model, Map<String, String> installed, String advice) {
        for (String name : model.imports()) {
            Optional<String> made = version(model.libraries(), name);
            Optional<String> has = version(installed, name);
            if (made.isPresent() && !has.map(BaseImage::minor).equals(made.map(BaseImage::minor))) {
                throw new StepException(
                        "buildServingImage: the model %s was made with %s %s, but the image gets"
                                        .formatted(model.name(), name, made.get())
                                + " %s: %s".formatted(has.orElse("none"), advice));
            }
        }
    }

    private static Optional<String> version(Map<String, String> libraries, String name) {
        return libraries.entrySet().stream()
                .filter(
                        each ->
                                SitePackages.normal(each.getKey())
                                        .equals(SitePackages.normal(name)))
                .map(Map.Entry::getValue)
                .findFirst();
    }
}
