package io.modeltoecs.cloud.ecs;

/** The lifecycle stages of a deployment that moves traffic, in their order. */
enum Stage {
    RECONCILE_SERVICE,
    PRE_SCALE_UP,
    SCALE_UP,
    POST_SCALE_UP,
    TEST_TRAFFIC_SHIFT,
    POST_TEST_TRAFFIC_SHIFT,
    PRE_PRODUCTION_TRAFFIC_SHIFT,
    PRODUCTION_TRAFFIC_SHIFT,
    POST_PRODUCTION_TRAFFIC_SHIFT,
    BAKE_TIME,
    CLEAN_UP;

    /** Its name in the API, which has none for the stage that only has hooks. */
    String shown() {
        return this == PRE_PRODUCTION_TRAFFIC_SHIFT ? PRODUCTION_TRAFFIC_SHIFT.name() : name();
    }

    Stage next() {
        return values()[ordinal() + 1];
    }
}
