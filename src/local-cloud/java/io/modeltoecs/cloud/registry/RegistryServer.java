package io.modeltoecs.cloud.registry;

import java.io.IOException;

/** The running registry, as a process or as a container. */
public interface RegistryServer {

    /** Ends what a former run left behind and starts it. */
    void start() throws IOException;

    void stop();
}
