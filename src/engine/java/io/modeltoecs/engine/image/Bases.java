package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.progress.Amounts;
import io.modeltoecs.engine.progress.Progress;
import io.modeltoecs.engine.registry.Login;
import io.modeltoecs.engine.registry.RegistryRepository;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds the bases of an order. */
final class Bases {
    private final BuildOrder order;
    private final Path directory;
    private final Path root;
    private final Login login;
    private final Outbound outbound;
    private final Progress progress;

    /**
     * @param directory the current directory
     * @param root this product's folder of caches
     * @param login of the order's registry, or null
     */
    Bases(
            BuildOrder order,
            Path directory,
            Path root,
            Login login,
            Outbound outbound,
            Progress progress) {
        this.order = order;
        this.directory = directory;
        this.root = root;
        this.login = login;
        this.outbound = outbound;
        this.progress = progress;
    }

    /** The base for each platform; none for a Dockerfile that doesn't take it. */
    List<BaseImage> of() throws IOException, InterruptedException {
        if (order.dockerfile() != null) {
            Dockerfile file = Dockerfile.read(directory.resolve(order.dockerfile()));
            if (!file.declaresBase()) {
                return List.of();
            }
            if (order.base() == null) {
                if (file.hasDefault()) {
                    return List.of();
                }
                throw new StepException(
                        "buildServingImage: '%s' declares ARG BASE without a default: give 'base'"
                                .formatted(order.dockerfile()));
            }
        }
        BaseImages known = new BaseImages(root);
        List<BaseImage> bases = new ArrayList<>();
        for (String platform : order.platforms()) {
            bases.add(base(platform, known));
        }
        return bases;
    }

    private BaseImage base(String platform, BaseImages known)
            throws IOException, InterruptedException {
        ImageName name = ImageName.parse(order.base());
        BaseImage base;
        try (RegistryRepository repository = open(name)) {
            base = BaseImage.resolve(name, order.base(), platform, known, repository);
        }
        progress.say(
                "base: %s, %s%s, %s"
                        .formatted(
                                base.reference(),
                                base.python() == null ? "" : "Python " + base.python() + ", ",
                                platform,
                                Amounts.bytes(
                                        base.layers().stream()
                                                .mapToLong(Assembly.ImageLayer::bytes)
                                                .sum())));
        if (order.dockerfile() == null) {
            base.requirePython(order.base());
            if (order.model() != null) {
                ModelFit.requirePython(
                        order.model(), base.python(), "the base '" + order.base() + "'");
            }
        }
        return base;
    }

    private RegistryRepository open(ImageName name) throws InterruptedException {
        boolean same = isOfTarget(name);
        return new RegistryRepository(
                same ? order.registry() : name.registry(),
                name.repository(),
                null,
                same ? login : null,
                false,
                outbound);
    }

    private boolean isOfTarget(ImageName base) {
        return base.registry().equals(ImageBuild.host(order.registry()));
    }

    /** How a tool pulls them. */
    BuildTool.PullAccess access() throws InterruptedException {
        ImageName name = ImageName.parse(order.base());
        try (RegistryRepository repository = open(name)) {
            return new BuildTool.PullAccess(
                    name.registry(), repository.isPlain(), isOfTarget(name) ? login : null);
        }
    }
}
