package io.modeltoecs.engine.image;

import io.modeltoecs.engine.registry.Login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.engine.StepException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackageIndexTest {
    private static final Login LOGIN = new Login("me@team", "p:w/1");

    @TempDir Path home;

    /** This machine's PATH and a home of our own, less its settings of pip. */
    private Map<String, String> environment(String... settings) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PATH", System.getenv("PATH"));
        environment.put("HOME", home.toString());
        environment.put("PYENV_ROOT", System.getenv().getOrDefault("PYENV_ROOT", ""));
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return environment;
    }

    @Test
    void uvGetsWhatPipWasGiven() throws Exception {
        Map<String, String> uv =
                PackageIndex.environment(
                        environment(
                                "PIP_INDEX_URL", "https://a.example/simple",
                                "PIP_EXTRA_INDEX_URL", "https://b.example https://c.example",
                                "PIP_FIND_LINKS", "/one /two"),
                        null);
        assertThat(uv)
                .containsEntry("UV_DEFAULT_INDEX", "https://a.example/simple")
                .containsEntry("UV_INDEX", "https://b.example https://c.example")
                .containsEntry("UV_FIND_LINKS", "/one,/two")
                .containsEntry("UV_PYTHON_DOWNLOADS", "never");
    }

    @Test
    void uvGetsWhatPipsFileSays() throws Exception {
        Path file = home.resolve(".config/pip/pip.conf");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "[global]\nindex-url = https://mirror.example/simple\n");
        assertThat(PackageIndex.environment(environment(), null))
                .containsEntry("UV_DEFAULT_INDEX", "https://mirror.example/simple");
    }

    @Test
    void itsOwnSettingsComeFirst() throws Exception {
        Map<String, String> uv =
                PackageIndex.environment(
                        environment(
                                "PIP_INDEX_URL", "https://a.example/simple",
                                "UV_INDEX_URL", "https://b.example/simple"),
                        LOGIN);
        assertThat(uv)
                .doesNotContainKey("UV_DEFAULT_INDEX")
                .containsEntry("UV_INDEX_URL", "https://me%40team:p%3Aw%2F1@b.example/simple");
    }

    @Test
    void aLoginNeedsAnIndex() {
        assertThatThrownBy(() -> PackageIndex.environment(environment(), LOGIN))
                .isInstanceOf(StepException.class)
                .hasMessageContaining("pipCredentialsId")
                .hasMessageNotContaining(LOGIN.password());
    }

    @Test
    void passwordsDoNotShow() {
        assertThat(PackageIndex.mask("from https://me:pw@a.example/x and https://b.example"))
                .isEqualTo("from https://a.example/x and https://b.example");
        assertThat(
                        PackageIndex.identity(
                                Map.of(
                                        "PIP_INDEX_URL", "https://me:pw@a.example/x",
                                        "UV_INDEX_OWN_PASSWORD", "pw",
                                        "HOME", "/root")))
                .containsExactly("PIP_INDEX_URL=https://a.example/x");
    }
}
