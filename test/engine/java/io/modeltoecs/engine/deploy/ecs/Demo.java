package io.modeltoecs.engine.deploy.ecs;

import java.io.IOException;
import java.util.Map;

/** The service demo/iris on iris:1 with an image v1, and an image v2 in the registry. */
final class Demo implements AutoCloseable {
    static final String V1 = "20261101T000000Z-11111111";
    static final String V2 = "20261102T000000Z-22222222";
    static final String LABELS =
            """
            {"architecture":"amd64","config":{"Env":["PORT=8080"],"Labels":{
              "io.modeltoecs.python":"3.11",
              "io.modeltoecs.libraries":"{\\"scikit-learn\\":\\"1.5.2\\",\\"numpy\\":\\"2.1.3\\"}"}}}""";
    static final String MADE_WITH =
            """
            "python":"3.11.7","libraries":{"scikit-learn":"1.5.0","numpy":"2.1.0"},
            "importDistributions":["scikit-learn","numpy"]""";

    final FakeAws aws = new FakeAws();
    final String image = aws.image("iris", "v2", LABELS);
    final String first;
    final String sha256;

    Demo() throws IOException {
        aws.model("iris", V1, MADE_WITH);
        sha256 = aws.model("iris", V2, MADE_WITH);
        first =
                aws.taskDefinition(
                        "iris",
                        """
                        {"name":"web","image":"%s","portMappings":[{"containerPort":8080}],
                         "environment":[{"name":"MODEL","value":"iris@%s"},
                                        {"name":"MODEL_SHA256","value":"aa"},
                                        {"name":"OWN","value":"kept"}],
                         "secrets":[{"name":"TOKEN","valueFrom":"arn:token"}],
                         "logConfiguration":{"logDriver":"awslogs","options":{
                           "awslogs-group":"/iris","awslogs-stream-prefix":"ecs"}},
                         "fieldOfTomorrow":{"depth":[1,2.50]}}"""
                                .formatted(aws.image("iris", "v1", LABELS), V1));
        aws.taskDefinitions.get(first).withObject("/taskDefinition").put("taskRoleArn", "arn:role");
        aws.taskDefinitions.get(first).withObject("/taskDefinition").put("newAtTheTop", "kept");
        aws.taskDefinitions.get(first).withArray("tags").addObject().put("key", "team").put("value", "ml");
        aws.service(first);
        aws.logGroups.add("/iris");
    }

    /** Two looks, then completed. */
    void rollsWell() {
        aws.script.add(() -> aws.running(1));
        aws.script.add(
                () -> {
                    aws.running(2);
                    aws.event("has started 2 tasks: (task a) (task b).");
                });
        aws.script.add(aws::complete);
    }

    Run deploy() {
        return Run.deploy(aws, Map.of("image", image, "model", "iris@latest"));
    }

    @Override
    public void close() {
        aws.close();
    }
}
