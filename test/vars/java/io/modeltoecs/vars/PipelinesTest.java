package io.modeltoecs.vars;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.options.Arguments;
import io.modeltoecs.engine.options.AwsOptions;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.runner.Rehearsal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** modelPipeline and servicePipeline as a Jenkinsfile calls them: which step gets what. */
class PipelinesTest {
    private static final String LIBRARY = "@Library('model-to-ecs') _";

    @TempDir Path folder;
    private Rehearsal rehearsal;
    private final List<String> calls = new ArrayList<>();
    private String deployFailure;
    private boolean overtaken;

    @BeforeEach
    void prepare() throws Exception {
        rehearsal =
                new Rehearsal(folder)
                        .with(
                                context -> {
                                    calls.add(context.name() + " " + context.arguments());
                                    return result(context.name(), context.arguments());
                                });
    }

    private Map<String, Object> result(String step, Map<String, Object> arguments) {
        return switch (step) {
            case "trainAndPublishModel" ->
                    map("name", "iris", "version", "V1", "aliases", aliases(arguments));
            case "buildServingImage" ->
                    map("repository", "r", "tag", "t", "reference", "r@sha256:1");
            case "deployToEcs" -> {
                if (deployFailure != null) {
                    throw new StepException(deployFailure);
                }
                if ("rollback".equals(arguments.get("decision"))) {
                    throw new StepException("it was sent back");
                }
                yield map(
                        "taskDefinition", "iris:2",
                        "deploymentId", "ecs-svc/2",
                        "state",
                                "return".equals(arguments.get("onPause"))
                                                && !arguments.containsKey("resume")
                                        ? "PAUSED"
                                        : "COMPLETED");
            }
            default -> map();
        };
    }

    private List<?> aliases(Map<String, Object> arguments) {
        if (overtaken) {
            return List.of();
        }
        Object alias = arguments.getOrDefault("alias", "latest");
        return new ArrayList<>(alias instanceof List<?> list ? list : List.of(alias));
    }

    private static Map<String, Object> map(Object... entries) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put((String) entries[i], entries[i + 1]);
        }
        return map;
    }

    @Test
    void aModelIsTrainedPublishedAndRolledOut() throws Exception {
        var outcome =
                rehearsal.run(
                        LIBRARY,
                        "modelPipeline(name: 'iris', train: 'python train.py', region: 'eu-west-1',",
                        "              deploy: [cluster: 'c', service: 's'])");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(calls)
                .containsExactly(
                        "trainAndPublishModel {name=iris, train=python train.py,"
                                + " region=eu-west-1, params={}}",
                        "deployToEcs {model=iris@latest, region=eu-west-1, cluster=c, service=s}");
        assertThat(outcome.log())
                .contains("{ (Checkout)", "{ (Train and publish)", "{ (Deploy)");
    }

    private static final String PAUSING =
            "servicePipeline(repository: 'r', cluster: 'c', service: 's', spec: 'ecs.json', onPause: 'return'%s)";

    @Test
    void aPausedDeploymentGoesOnWhenSomebodySaysSo() throws Exception {
        var outcome = rehearsal.with("input", "proceed").run(LIBRARY, PAUSING.formatted(""));

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.log()).contains("c/s is paused. Continue? Abort sends it back.");
        assertThat(calls)
                .last()
                .isEqualTo(
                        "deployToEcs {cluster=c, service=s, onPause=return, resume=ecs-svc/2,"
                                + " decision=continue}");
    }

    @Test
    void aPausedDeploymentIsSentBackWhenSomebodyAborts() throws Exception {
        var outcome = rehearsal.with("input", "abort").run(LIBRARY, PAUSING.formatted(""));

        assertThat(outcome.result()).isEqualTo("ABORTED");
        assertThat(calls)
                .last()
                .isEqualTo(
                        "deployToEcs {cluster=c, service=s, onPause=return, resume=ecs-svc/2,"
                                + " decision=rollback}");
    }

    @Test
    void aPausedDeploymentIsLeftWhereAnAbortedBuildLeavesIt() throws Exception {
        rehearsal.with("input", "abort").run(LIBRARY, PAUSING.formatted(", onAbort: 'leave'"));

        assertThat(calls).hasSize(2);
    }

    @Test
    void severalServicesTakeTheFirstAlias() throws Exception {
        rehearsal.run(
                LIBRARY,
                "modelPipeline(name: 'iris', alias: ['beta', 'latest'], deploy: [",
                "    [cluster: 'c', service: 'a', readiness: '/up'],",
                "    [cluster: 'c', service: 'b', model: 'iris@gold', region: 'us-east-1']])");

        assertThat(calls.subList(1, 3))
                .containsExactly(
                        "deployToEcs {model=iris@beta, cluster=c, service=a, readiness=/up}",
                        "deployToEcs {model=iris@gold, cluster=c, service=b, region=us-east-1}");
    }

    @Test
    void trainingParametersAreBuildParametersThatKeepTheirTypes() throws Exception {
        rehearsal.with("C", "0.5");
        rehearsal.run(
                LIBRARY, "modelPipeline(name: 'iris', params: [C: 1.0, DEPTH: 3, FAST: true])");

        assertThat(calls)
                .containsExactly(
                        "trainAndPublishModel {name=iris, params={C=0.5, DEPTH=3, FAST=true}}");
    }

    @Test
    void aBuildThatANewerOneHasOvertakenDeploysNothing() throws Exception {
        overtaken = true;
        var outcome =
                rehearsal.run(
                        LIBRARY, "modelPipeline(name: 'm', deploy: [cluster: 'c', service: 's'])");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(calls).hasSize(1);
        assertThat(outcome.log()).contains("a newer build has moved the aliases of iris");
    }

    @Test
    void withoutAliasesTheVersionIsDeployed() throws Exception {
        rehearsal.run(
                LIBRARY,
                "modelPipeline(name: 'iris', alias: [], deploy: [cluster: 'c', service: 's'])");

        assertThat(calls.get(1)).startsWith("deployToEcs {model=iris@V1,");
    }

    @Test
    void aBuildMayLeaveTheServicesAlone() throws Exception {
        rehearsal.with("DEPLOY", "false");
        rehearsal.run(LIBRARY, "modelPipeline(name: 'm', deploy: [cluster: 'c', service: 's'])");

        assertThat(calls).hasSize(1);
    }

    @Test
    void aServiceThatIsNotThereYetIsLeftToItsRepository() throws Exception {
        deployFailure = "service not found: c/s";
        var outcome =
                rehearsal.run(
                        LIBRARY, "modelPipeline(name: 'm', deploy: [cluster: 'c', service: 's'])");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(outcome.said())
                .contains(
                        "no service c/s yet: the model is published; push the service repo to"
                                + " deploy it");
    }

    @Test
    void anotherFailureOfADeploymentFailsTheBuildAndIsTold() throws Exception {
        deployFailure = "cluster not found: c";
        var outcome =
                rehearsal.run(
                        LIBRARY,
                        "modelPipeline(name: 'm', deploy: [cluster: 'c', service: 's'],",
                        "              notify: { text -> echo \"told: $text\" })");

        assertThat(outcome.result()).isEqualTo("FAILURE");
        assertThat(outcome.said())
                .contains("told: job #1 failed: cluster not found: c", "ERROR: cluster not found: c");
    }

    @Test
    void anImageIsBuiltAndDeployed() throws Exception {
        var outcome =
                rehearsal.run(
                        LIBRARY,
                        "servicePipeline(repository: 'r', model: 'iris@latest', cluster: 'c',",
                        "    service: 's', spec: 'ecs.json', requirements: 'requirements.txt',",
                        "    allow: ['a.B'], port: 9090, timeoutMinutes: 5, bucket: 'models',",
                        "    triggers: [cron('H 3 * * 1')],",
                        "    notify: { text -> echo \"told: $text\" })");

        assertThat(outcome.result()).isEqualTo("SUCCESS");
        assertThat(calls)
                .containsExactly(
                        "buildServingImage {repository=r, model=iris@latest,"
                                + " requirements=requirements.txt, allow=[a.B], port=9090,"
                                + " bucket=models}",
                        "deployToEcs {model=iris@latest, cluster=c, service=s, spec=ecs.json,"
                                + " allow=[a.B], timeoutMinutes=5, bucket=models,"
                                + " image=r@sha256:1}");
        assertThat(outcome.said()).contains("told: job #1 built r:t");
    }

    @Test
    void anotherModelCanBeChosenForOneBuild() throws Exception {
        rehearsal.with("MODEL", "iris@V7");
        rehearsal.run(
                LIBRARY,
                "servicePipeline(repository: 'r', model: 'iris@latest', cluster: 'c', service: 's')");

        assertThat(calls)
                .containsExactly(
                        "buildServingImage {repository=r, model=iris@V7}",
                        "deployToEcs {model=iris@V7, cluster=c, service=s, image=r@sha256:1}");
    }

    @Test
    void aPipelineReturnsWhatItsStepsReturned() throws Exception {
        var outcome =
                rehearsal.run(
                        LIBRARY,
                        "def m = modelPipeline(name: 'm', deploy: [cluster: 'c', service: 's'])",
                        "def s = servicePipeline(repository: 'r', cluster: 'c', service: 's')",
                        "echo \"${m.model.version} ${m.deployments[0].taskDefinition}\"",
                        "echo \"${s.image.tag} ${s.deployment.taskDefinition}\"");

        assertThat(outcome.said()).contains("V1 iris:2", "t iris:2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    modelPipeline()                                        | modelPipeline: 'name' is missing
                    modelPipeline(name: 'm', deploy: 'c/s')                | modelPipeline: 'deploy' is 'c/s', but should be a map, as [cluster: 'demo', service: 'iris'], or a list of such maps
                    modelPipeline(name: 'm', deploy: [[cluster: 'c', service: 's'], 's']) | modelPipeline: 'deploy' is 's', but should be a map, as [cluster: 'demo', service: 'iris'], or a list of such maps
                    modelPipeline(name: 'm', deploy: [cluster: 'c'])       | modelPipeline: deploy: 'service' is missing
                    modelPipeline(name: 'm', params: ['A=1'])              | modelPipeline: 'params' is '[A=1]', but should be a map, as [DEPTH: 3]
                    servicePipeline(repository: 'r', cluster: 'c')         | servicePipeline: 'service' is missing
                    modelPipeline(name: 'm', notify: 'a@b.c')              | modelPipeline: 'notify' is 'a@b.c', but should be a closure, as { message -> echo message }
                    """)
    void whatIsMissingOrNoMapIsNamedBeforeAnythingIsDone(String call, String error)
            throws Exception {
        assertThat(rehearsal.run(LIBRARY, call).said().get(0)).isEqualTo("ERROR: " + error);
        assertThat(calls).isEmpty();
    }

    @Test
    void unknownParametersAreNamedBeforeAnythingIsDone() throws Exception {
        assertThat(rehearsal.run(LIBRARY, "modelPipeline(nam: 'm')").said().get(0))
                .isEqualTo("ERROR: modelPipeline: no parameter 'nam'; did you mean 'name'?");
        assertThat(
                        rehearsal
                                .run(LIBRARY, "modelPipeline(name: 'm', deploy: [clutser: 'c'])")
                                .said()
                                .get(0))
                .isEqualTo(
                        "ERROR: modelPipeline: deploy: no parameter 'clutser'; did you mean"
                                + " 'cluster'?");
        assertThat(rehearsal.run(LIBRARY, "servicePipeline(imaginary: 1)").said().get(0))
                .startsWith("ERROR: servicePipeline: no parameter 'imaginary'; it takes agent, ");
        assertThat(calls).isEmpty();
    }

    @Test
    void theirKeysAreTheStepsParameters() throws Exception {
        var outcome =
                rehearsal.run(
                        LIBRARY,
                        "echo pipelineKeys.common().join(' ')",
                        "echo pipelineKeys.publish().join(' ')",
                        "echo pipelineKeys.build().join(' ')",
                        "echo pipelineKeys.deploy().join(' ')");

        assertThat(outcome.said())
                .containsExactly(
                        String.join(" ", Arguments.namesOf(AwsOptions.class)),
                        String.join(" ", Arguments.namesOf(PublishOptions.class)),
                        String.join(" ", Arguments.namesOf(BuildOptions.class)),
                        String.join(" ", Arguments.namesOf(DeployOptions.class)));
    }

    @Test
    void theVarsOfTheStepsHandTheirArgumentsOn() throws Exception {
        rehearsal.run(
                LIBRARY,
                "node { trainAndPublishModel name: 'a', gates: ['x > 1']; buildServingImage() }",
                "deployToEcs(cluster: 'c')",
                "promoteModel(alias: 'a')",
                "rollbackModel(name: 'n')",
                "rollbackEcs(to: 't')");

        assertThat(calls)
                .containsExactly(
                        "trainAndPublishModel {name=a, gates=[x > 1]}",
                        "buildServingImage {}",
                        "deployToEcs {cluster=c}",
                        "promoteModel {alias=a}",
                        "rollbackModel {name=n}",
                        "rollbackEcs {to=t}");
    }
}
