package io.modeltoecs.runner.build;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.cps.ScriptCompiler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The shared library: {@code vars/<name>.groovy} of its folder, each compiled when first used. */
public final class Library {
    private final String name;
    private final Path vars;
    private final ScriptCompiler compiler;
    private final Map<String, Class<?>> compiled = new HashMap<>();
    private boolean loaded;

    /**
     * @param name what {@code @Library} calls it
     * @param folder the repository that has it
     */
    public Library(String name, Path folder, ScriptCompiler compiler) {
        this.name = name;
        this.vars = folder.resolve("vars");
        this.compiler = compiler;
    }

    public String name() {
        return name;
    }

    /**
     * Makes the vars known.
     *
     * @param identifiers what {@code @Library} was given: {@code name} or {@code name@version}
     * @throws StepException if it is another library
     */
    public void require(List<String> identifiers) {
        for (String identifier : identifiers) {
            String wanted = identifier.replaceFirst("@.*", "");
            if (!wanted.equals(name)) {
                throw new StepException(
                        "@Library('%s'): the local runner has the library '%s' only"
                                .formatted(identifier, name));
            }
            loaded = true;
        }
    }

    /** Whether there is a var of this name, loaded or not. */
    public boolean has(String var) {
        return Files.exists(vars.resolve(var + ".groovy"));
    }

    /** The names of the vars, if the library is loaded. */
    public List<String> loadedVars() {
        if (!loaded) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(vars)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".groovy"))
                    .map(file -> file.replaceFirst("\\.groovy$", ""))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The class of a var, or null if there is none or the library isn't loaded. */
    public Class<?> load(String var) {
        if (!loaded || !has(var)) {
            return null;
        }
        return compiled.computeIfAbsent(
                var,
                missing -> {
                    try {
                        return compiler.compile(
                                var, Files.readString(vars.resolve(var + ".groovy")));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }
}
