import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.http.Outbound;
import io.modeltoecs.engine.model.LocalWorkplace;
import io.modeltoecs.engine.model.PublicationState;
import io.modeltoecs.engine.model.Publisher;
import io.modeltoecs.engine.options.BuildInfo;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.options.Settings;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Publishes what is in the current directory, as one build's trainAndPublishModel would: {@code
 * Publishing NUMBER name=iris artifact=model.pkl ...}, with the keys of the environment. It goes on
 * with what is in the file {@code state}, if it is there, and begins when a file {@code $GO} is. Its
 * last line is RESULT or FAILED.
 */
final class Publishing {
    private static final Path STATE = Path.of("state");

    private Publishing() {}

    public static void main(String[] arguments) throws Exception {
        int number = Integer.parseInt(arguments[0]);
        Map<String, Object> given = new HashMap<>();
        for (int i = 1; i < arguments.length; i++) {
            String[] pair = arguments[i].split("=", 2);
            given.put(pair[0], pair[0].equals("keep") ? Integer.valueOf(pair[1]) : pair[1]);
        }
        given.put("metrics", null);
        given.put("python", "not-asked");
        Map<String, String> environment = System.getenv();
        PublishOptions options =
                PublishOptions.from(
                        given,
                        Settings.of(
                                Map.of("endpoint", environment.get("AWS_ENDPOINT_URL")),
                                environment));
        AwsKeys keys =
                new AwsKeys(
                        environment.get("AWS_ACCESS_KEY_ID"),
                        environment.get("AWS_SECRET_ACCESS_KEY"),
                        null);
        BuildInfo build =
                new BuildInfo(
                        "long-test",
                        number,
                        null,
                        Instant.parse("2026-11-23T10:00:00Z").plusSeconds(number));
        PublicationState state = stored();
        try (AwsAccess aws = new AwsAccess(options.aws(), keys, false)) {
            Publisher publisher = new Publisher(options, build, aws);
            while (environment.containsKey("GO") && !Files.exists(Path.of(environment.get("GO")))) {
                System.out.println("ready");
                Thread.sleep(100);
            }
            Map<String, Object> result =
                    publisher.publish(
                            new LocalWorkplace(Path.of(""), Outbound.of(System.getenv())),
                            state,
                            () -> store(state),
                            System.out::println);
            System.out.println("RESULT " + result);
        } catch (StepException e) {
            System.out.println("FAILED " + e.getMessage());
            System.exit(1);
        }
    }

    private static PublicationState stored() throws IOException, ClassNotFoundException {
        if (!Files.exists(STATE)) {
            return new PublicationState(null);
        }
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(STATE))) {
            return (PublicationState) in.readObject();
        }
    }

    private static void store(PublicationState state) {
        Path unfinished = Path.of("state.part");
        try {
            try (ObjectOutputStream out =
                    new ObjectOutputStream(Files.newOutputStream(unfinished))) {
                out.writeObject(state);
            }
            Files.move(unfinished, STATE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
