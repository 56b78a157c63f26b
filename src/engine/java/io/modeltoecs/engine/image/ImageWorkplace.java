package io.modeltoecs.engine.image;

import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Login;
import java.io.IOException;

/**
 * Where the files of an image are: this machine, or a Jenkins agent. What is asked of it runs
 * there, links to no class of AWS, and stops when its thread is interrupted. Each call can be made
 * again, after a restart as well.
 */
public interface ImageWorkplace {

    /**
     * Makes the image up to its upload, from the base, the dependencies, the runtime and the
     * application. Nothing is written outside the machine's cache.
     *
     * @param login of the order's registry, or null for an anonymous one
     * @throws io.modeltoecs.engine.StepException if the registry, the base, a dependency or a file
     *     isn't to be had
     */
    Assembly assemble(BuildOrder order, Login login, Progress progress)
            throws IOException, InterruptedException;

    /**
     * Uploads what the registry doesn't have, then gives the tags.
     *
     * @param login of the registry, or null for an anonymous one
     * @throws io.modeltoecs.engine.StepException if the registry doesn't take it
     */
    BuiltImage push(Assembly assembly, Login login, Progress progress)
            throws IOException, InterruptedException;
}
