package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.engine.Python;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.options.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings by the machine's Python, with packages that the test makes itself. */
class TrainingTest {
    /** Makes a wheel of the distribution Toy-Lib with the module toy_module. */
    private static final String WHEEL =
            """
            import zipfile
            with zipfile.ZipFile('toy_lib-1.2-py3-none-any.whl', 'w') as wheel:
                info = 'toy_lib-1.2.dist-info/'
                wheel.writestr('toy_module.py', 'print("toy imported")')
                wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: Toy.Lib\\nVersion: 1.2\\n')
                wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
                wheel.writestr(info + 'RECORD', 'toy_module.py,,\\n%sMETADATA,,\\n%sWHEEL,,\\n%sRECORD,,\\n' % (info, info, info))
            """;

    /** As much of uv as a training calls: an environment without pip, and wheels unpacked into it. */
    private static final String UV =
            """
            #!/bin/sh -e
            case "$*" in
            "venv --quiet --python "*) exec "$4" -m venv --without-pip "$5" ;;
            "pip install --python "*" -r requirements.txt") grep -qx "toy-lib==1.2" "$6" && exec "$4" -c '
            import glob, os, sysconfig, zipfile
            for wheel in glob.glob(os.environ["UV_FIND_LINKS"] + "/*.whl"):
                zipfile.ZipFile(wheel).extractall(sysconfig.get_path("purelib"))
            ' ;;
            esac
            exit 2
            """;

    @TempDir Path temporary;
    private Path workspace;
    private Path home;

    @BeforeEach
    void setUp() throws Exception {
        workspace = Files.createDirectory(temporary.resolve("work space"));
        home = Files.createDirectory(temporary.resolve("home"));
    }

    @Test
    void runsTheCommandWithItsParameters() throws Exception {
        Run run =
                train(
                        Map.of(
                                "train",
                                "echo \"C=$C flag=$FLAG list=$LIST\"\npwd > where; echo o >&2",
                                "params",
                                Map.of("C", 1.5, "FLAG", true, "LIST", List.of(1, 2))));

        assertThat(run.exit).as(run.output).isZero();
        assertThat(run.output).contains("C=1.5 flag=true list=[1,2]").contains("o\n");
        assertThat(Files.readString(workspace.resolve("where")).strip())
                .isEqualTo(workspace.toRealPath().toString());
        Environment environment = Environment.parse(Files.readString(run.environment));
        assertThat(environment.python()).matches("3\\.\\d+\\.\\d+.*");
    }

    @Test
    void passesTheExitCodeOnAndLeavesNoEnvironment() throws Exception {
        Run run = train(Map.of("train", "false; echo after > after; exit 7"));
        Run other = train(Map.of("train", "exit 7"));

        assertThat(run.exit).isEqualTo(1); // as sh -e, which Jenkins' own sh is too
        assertThat(workspace.resolve("after")).doesNotExist();
        assertThat(other.exit).isEqualTo(7);
        assertThat(other.output).contains("training: ended with exit code 7");
        assertThat(other.environment).doesNotExist();
    }

    @Test
    void buildsShareOneEnvironment() throws Exception {
        requirements();
        uv();
        Map<String, Object> arguments =
                Map.of("train", "python -c 'import toy_module'", "requirements", "requirements.txt");

        List<Run> together = Parallel.all(2, List.of(() -> train(arguments), () -> train(arguments)));
        Run later = train(arguments);

        assertThat(together)
                .allSatisfy(
                        run -> {
                            assertThat(run.exit).as(run.output).isZero();
                            assertThat(run.output).contains("toy imported");
                        });
        assertThat(together.stream().filter(run -> run.output.contains("environment: ready in")))
                .hasSize(1);
        assertThat(later.output).contains("as it was made before").contains("toy imported");
        Environment environment = Environment.parse(Files.readString(later.environment));
        assertThat(environment.libraries()).containsEntry("toy-lib", "1.2");
        assertThat(environment.distributionsOf(List.of("toy_module.Toy"))).containsExactly("toy-lib");

        // a build that was killed leaves one that isn't complete
        try (var kept = Files.list(home.resolve(".cache/model-to-ecs/venvs"))) {
            for (Path path : kept.filter(Files::isDirectory).toList()) {
                Files.delete(path.resolve("complete"));
            }
        }
        Run again = train(arguments);
        assertThat(again.exit).as(again.output).isZero();
        assertThat(again.output).contains("environment: ready in");
    }

    @Test
    void aRequirementThatIsNotThereIsAClearError() throws Exception {
        Files.writeString(workspace.resolve("requirements.txt"), "not-there==1\n");
        uv();

        Run missing = train(Map.of("train", "true", "requirements", "requirements.txt"));
        Run noFile = train(Map.of("train", "true", "requirements", "other.txt"));

        Files.writeString(workspace.resolve("requirements.txt"), "-r more.txt\n");
        Files.writeString(workspace.resolve("more.txt"), "-r requirements.txt\n");
        Run round = train(Map.of("train", "true", "requirements", "requirements.txt"));

        assertThat(round.exit).isEqualTo(1);
        assertThat(round.output)
                .contains("training: requirements 'requirements.txt' includes itself");
        assertThat(missing.exit).isEqualTo(1);
        assertThat(missing.output).contains("training: requirements.txt can't be installed");
        assertThat(noFile.output).contains("training: requirements 'other.txt' isn't in");
    }

    @Test
    void saysWhatIsMissingOnAPlainDebian() throws Exception {
        requirements();
        // what Debian's python3 is without python3-venv
        Path plain = workspace.resolve("plain python");
        Files.writeString(
                plain,
                "#!/bin/sh\nexec python3 -u -c \"import runpy, sys; sys.modules['ensurepip'] = None;"
                        + " sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')\" \"$@\"\n");
        assertThat(plain.toFile().setExecutable(true)).isTrue();

        Run run =
                train(
                        Map.of(
                                "train", "true",
                                "requirements", "requirements.txt",
                                "python", plain.toString()));

        assertThat(run.exit).isEqualTo(1);
        assertThat(run.output).contains("Install python3-venv").doesNotContain("Traceback");
    }

    @Test
    void anAbortEndsTheProcessTree() throws Exception {
        Path folder = files(Map.of("train", "(sleep 300; true) & echo $! > child; sleep 300; true"));
        Process process = start(folder, Map.of(), Map.of());
        Path child = workspace.resolve("child");
        while (!Files.exists(child) || Files.readString(child).isBlank()) {
            Thread.sleep(20);
        }
        long pid = Long.parseLong(Files.readString(child).strip());

        process.destroy();

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        assertThat(ProcessHandle.of(pid).filter(TrainingTest::runs)).isEmpty();
    }

    @Test
    void aPyprojectsDependenciesComeFromAnIndexWithAPassword() throws Exception {
        String password = "pa \"ss\\";
        try (PackageIndex index = new PackageIndex("me", password)) {
            Python.run(temporary, WHEEL);
            index.serve(temporary.resolve("toy_lib-1.2-py3-none-any.whl"));
            Files.writeString(
                    workspace.resolve("pyproject.toml"),
                    "[project]\nname = 'x'\nversion = '1'\ndependencies = ['toy.lib==1.2']\n");
            Map<String, Object> arguments =
                    Map.of(
                            "train", "env; python -c 'import toy_module'",
                            "requirements", "pyproject.toml");
            Map<String, String> environment =
                    new HashMap<>(new Training(options(arguments)).environment("me", password));
            environment.put("PIP_INDEX_URL", index.url());

            Process process = start(files(arguments), arguments, environment);
            String output = new String(process.getInputStream().readAllBytes());

            assertThat(process.waitFor()).as(output).isZero();
            assertThat(output)
                    .contains("toy imported")
                    .doesNotContain("ss\\")
                    .doesNotContain("NETRC");
        }
    }

    // ---

    private static boolean runs(ProcessHandle process) {
        try {
            // a zombie that nobody has waited for yet is dead enough
            return process.isAlive()
                    && !Files.readString(Path.of("/proc/" + process.pid() + "/stat")).matches("(?s).*\\) Z .*");
        } catch (IOException e) {
            return false;
        }
    }

    private record Run(int exit, String output, Path environment) {}

    private void requirements() throws Exception {
        Path packages = Files.createDirectory(temporary.resolve("packages"));
        Python.run(packages, WHEEL);
        Files.writeString(workspace.resolve("requirements.txt"), "toy-lib==1.2\n");
    }

    private void uv() throws IOException {
        Path uv = Files.createDirectory(temporary.resolve("bin")).resolve("uv");
        Files.writeString(uv, UV);
        assertThat(uv.toFile().setExecutable(true)).isTrue();
    }

    private Run train(Map<String, Object> arguments) throws IOException, InterruptedException {
        Path folder = files(arguments);
        Process process = start(folder, arguments, Map.of());
        String output = new String(process.getInputStream().readAllBytes());
        return new Run(
                process.waitFor(),
                output,
                Path.of(new Training(options(arguments)).environmentFile(folder.toString())));
    }

    private Path files(Map<String, Object> arguments) throws IOException {
        Path folder = Files.createTempDirectory(temporary, "it's a folder ");
        new Training(options(arguments))
                .files()
                .forEach(
                        (name, content) -> {
                            try {
                                Files.writeString(folder.resolve(name), content);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
        return folder;
    }

    private Process start(Path folder, Map<String, Object> arguments, Map<String, String> secrets)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c"));
        command.add(new Training(options(arguments)).command(folder.toString(), true));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(workspace.toFile()).redirectErrorStream(true);
        builder.environment().put("HOME", home.toString());
        builder.environment().remove("XDG_CACHE_HOME");
        builder.environment().merge("PATH", temporary.resolve("bin").toString(), (path, bin) -> bin + ":" + path);
        if (secrets.isEmpty()) {
            builder.environment().put("PIP_NO_INDEX", "1");
            builder.environment().put("PIP_FIND_LINKS", temporary.resolve("packages").toString());
        }
        builder.environment().putAll(secrets);
        return builder.start();
    }

    private static PublishOptions options(Map<String, Object> arguments) {
        Map<String, Object> given = new HashMap<>(Map.of("name", "iris", "bucket", "models"));
        given.putAll(arguments);
        return PublishOptions.from(given, Settings.of(Map.of(), Map.of()));
    }
}
