package io.modeltoecs.engine.image;

import io.modeltoecs.engine.progress.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Builds images from the files of this machine, without a Docker daemon. */
public final class ImageBuild implements ImageWorkplace {
    private final Path directory;
    private final Map<String, String> environment;
    private final Login packageIndex;

    /**
     * @param directory the current directory of the step
     * @param environment the build's environment; {@code PATH}, {@code HOME} and the settings of
     *     pip and uv are taken from it
     * @param packageIndex login of the Python package index ({@code pipCredentialsId}), or null
     */
    public ImageBuild(Path directory, Map<String, String> environment, Login packageIndex) {
        this.directory = directory;
        this.environment = environment;
        this.packageIndex = packageIndex;
    }

    @Override
    public Assembly assemble(BuildOrder order, Login login, Progress progress)
            throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    @Override
    public BuiltImage push(Assembly assembly, Login login, Progress progress)
            throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }
}
