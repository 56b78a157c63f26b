import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.deploy.DeploymentTarget;
import io.modeltoecs.engine.deploy.RolloutState;
import io.modeltoecs.engine.deploy.ecs.EcsDeployment;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.Settings;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * deployToEcs as a controller watches it: the state is a file that is written after each look, and
 * whoever is started with a file that is there goes on with it. A file beside it with the ending
 * .abort aborts the build.
 *
 * <p>Arguments: the file, then parameters as name=value; those of env as env.NAME=value.
 */
public final class WatchedRollout {
    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        Map<String, Object> given = new LinkedHashMap<>();
        Map<String, String> env = new LinkedHashMap<>();
        for (int i = 1; i < arguments.length; i++) {
            String[] parts = arguments[i].split("=", 2);
            if (parts[0].startsWith("env.")) {
                env.put(parts[0].substring("env.".length()), parts[1]);
            } else {
                given.put(parts[0], parts[1].equals("true") ? (Object) true : parts[1]);
            }
        }
        if (!env.isEmpty()) {
            given.put("env", env);
        }
        Settings settings =
                Settings.of(Map.of("endpoint", System.getenv("AWS_ENDPOINT_URL")), System.getenv());
        DeployOptions options = DeployOptions.from(given, settings);
        AwsKeys keys =
                new AwsKeys(
                        System.getenv("AWS_ACCESS_KEY_ID"),
                        System.getenv("AWS_SECRET_ACCESS_KEY"),
                        null);
        try (AwsAccess aws = new AwsAccess(options.aws(), keys, false)) {
            follow(
                    EcsDeployment.of(options, aws, settings, null, id -> null, WatchedRollout::say),
                    file);
        } catch (StepException e) {
            say("FAILED " + e.getMessage());
            System.exit(1);
        }
    }

    private static void follow(DeploymentTarget target, Path file) throws Exception {
        RolloutState state = Files.exists(file) ? read(file) : write(target.begin(), file);
        Path abort = Path.of(file + ".abort");
        boolean aborted = false;
        Optional<Duration> pause = target.advance(state);
        while (pause.isPresent()) {
            write(state, file);
            Thread.sleep(pause.get().toMillis());
            if (!aborted && Files.exists(abort)) {
                aborted = true;
                target.abort(state);
            }
            pause = target.advance(state);
        }
        write(state, file);
        say("RESULT " + state.result());
    }

    private static RolloutState read(Path file) throws Exception {
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
            return (RolloutState) in.readObject();
        }
    }

    private static RolloutState write(RolloutState state, Path file) throws Exception {
        Path next = Path.of(file + ".next");
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(next))) {
            out.writeObject(state);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return state;
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
