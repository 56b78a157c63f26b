package io.modeltoecs.engine.model;

/** Where things are in the model store: keys of its bucket. */
record Layout(String prefix) {

    /** A version's folder, with a slash at its end. */
    String version(String model, String version) {
        return versions(model) + version + "/";
    }

    /** A version exists when this exists. */
    String modelJson(String model, String version) {
        return version(model, version) + "model.json";
    }

    /** All versions' folders. */
    String versions(String model) {
        return "%s/%s/versions/".formatted(prefix, model);
    }

    /** There while a version is being removed: nothing may begin to use it. */
    String removing(String model, String version) {
        return version(model, version) + "removing.json";
    }

    String aliases(String model) {
        return "%s/%s/aliases/".formatted(prefix, model);
    }

    String uses(String model) {
        return "%s/%s/uses/".formatted(prefix, model);
    }

    String alias(String model, String alias) {
        return aliases(model) + alias + ".json";
    }

    /** The version that holds these bytes. */
    String bySha256(String model, String sha256) {
        return "%s/%s/by-sha256/%s.json".formatted(prefix, model, sha256);
    }

    String use(String model, String service) {
        return uses(model) + service + ".json";
    }
}
