package io.modeltoecs.engine.model;

/** Where things are in the model store: keys of its bucket. */
record Layout(String prefix) {

    /** A version's folder, with a slash at its end. */
    String version(String model, String version) {
        return "%s/%s/versions/%s/".formatted(prefix, model, version);
    }

    /** A version exists when this exists. */
    String modelJson(String model, String version) {
        return version(model, version) + "model.json";
    }

    String alias(String model, String alias) {
        return "%s/%s/aliases/%s.json".formatted(prefix, model, alias);
    }

    /** The version that holds these bytes. */
    String bySha256(String model, String sha256) {
        return "%s/%s/by-sha256/%s.json".formatted(prefix, model, sha256);
    }

    String use(String model, String service) {
        return "%s/%s/uses/%s.json".formatted(prefix, model, service);
    }
}
