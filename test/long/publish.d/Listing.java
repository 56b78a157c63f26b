import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.aws.AwsKeys;
import io.modeltoecs.engine.model.ModelStore;
import io.modeltoecs.engine.options.AwsOptions;
import java.util.List;
import java.util.Map;

/** Lists a model's versions and describes the newest, as a page would: {@code Listing BUCKET NAME COUNT}. */
final class Listing {
    private Listing() {}

    public static void main(String[] arguments) throws Exception {
        Map<String, String> environment = System.getenv();
        AwsOptions options =
                new AwsOptions(
                        arguments[0],
                        "models",
                        environment.get("AWS_REGION"),
                        null,
                        null,
                        null,
                        environment.get("AWS_ENDPOINT_URL"));
        AwsKeys keys =
                new AwsKeys(
                        environment.get("AWS_ACCESS_KEY_ID"),
                        environment.get("AWS_SECRET_ACCESS_KEY"),
                        null);
        try (AwsAccess aws = new AwsAccess(options, keys, false)) {
            ModelStore store = new ModelStore(aws, options);
            List<String> versions = store.versions(arguments[1]);
            int described =
                    store.describe(
                                    arguments[1],
                                    versions.subList(0, Integer.parseInt(arguments[2])))
                            .size();
            System.out.println("RESULT " + versions.size() + " versions, " + described + " described");
        }
    }
}
