"""deployToEcs' parameters beyond a plain rollout, with real tasks under a load of which no request is lost."""

import json
import re

import pytest
from rollouts import Rollouts

pytestmark = pytest.mark.long

PREDICT = "[path: '/predict', body: [instances: [[3.0]]], expect: [predictions: [%s]]%s]"


@pytest.fixture(scope="module")
def rollouts(cloud, tmp_path_factory):
    rollouts = Rollouts(tmp_path_factory.mktemp("rolling"), cloud, "rolling")
    rollouts.begin()
    yield rollouts
    rollouts.remove()


@pytest.fixture
def loaded(rollouts):
    with rollouts.load():
        yield rollouts
        rollouts.until(rollouts.steady, 120)


def release(name, **more):
    return "[%s]" % ", ".join(f"{key}: '{value}'" for key, value in {"RELEASE": name, **more}.items())


def test_the_spec_has_made_the_service(rollouts):
    service = rollouts.service()
    assert rollouts.begun() == 1
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"] is True
    assert service["loadBalancers"][0]["targetGroupArn"] == rollouts.group
    assert rollouts.predict()["predictions"] == [6.0]
    definition = rollouts.aws("ecs", "describe-task-definition", "--task-definition", rollouts.revision())
    variables = {v["name"]: v["value"] for v in definition["taskDefinition"]["containerDefinitions"][0]["environment"]}
    assert variables["MODEL"].startswith("rolling@20") and len(variables["MODEL_SHA256"]) == 64


def test_verify_asks_what_a_user_would(loaded):
    built = loaded.deploy(
        env=release("verified"), verify="[[path: '/ready'], %s]" % (PREDICT % ("6.3", ", tolerance: 0.1, seconds: 3"))
    )
    assert built.status == 0, built.log
    assert "1 of 1 tasks run " in built.log
    assert "/version: 1 of 1 tasks have answered, by " in built.log
    asked = re.search(r"/predict: (\d+) of (\d+) answers were right", built.log)
    assert asked[1] == asked[2] and int(asked[1]) > 1
    assert loaded.predict()["model"]["version"] == "verified"


@pytest.mark.parametrize(
    "env, verify, says",
    [
        ({"MODE": "wrong"}, PREDICT % ("6.0", ""), "predictions[0] is -3, but should be 6"),
        ({}, PREDICT % ("6.3", ", tolerance: 0.01"), "predictions[0] is 6, but should be 6.3"),
        ({}, "[path: '/nothing']", "404"),
    ],
    ids=["another value", "beyond the tolerance", "another status"],
)
def test_what_fails_its_verification_goes_back(loaded, env, verify, says):
    before, answer = loaded.revision(), loaded.predict()
    built = loaded.deploy(env=release("unverified", **env), verify=f"[{verify}]")
    assert built.status != 0
    error = built.log[built.log.index("ERROR: ") :]
    assert "completed, but failed its verification: " in error and says in error
    assert f"Rolled back: {before} serves, as before." in error
    assert loaded.revision() == before and loaded.predict() == answer


def test_an_address_out_of_reach_is_found_before_it_begins(loaded):
    before = loaded.newest(), loaded.begun()
    built = loaded.deploy(env=release("unreachable"), verify="[[url: 'http://127.0.0.1:9', path: '/ready']]")
    assert built.status != 0 and "http://127.0.0.1:9" in built.errors[0]
    assert (loaded.newest(), loaded.begun()) == before


def test_a_task_runs_before_the_rollout(loaded):
    before, begun = loaded.revision(), loaded.begun()
    failed = loaded.deploy(env=release("migrated"), runTask="[command: 'echo no such table; exit 3']")
    assert failed.status != 0
    error = failed.log[failed.log.index("ERROR: ") :]
    assert "the task before the rollout (runTask) failed: " in error and "exit code 3" in error
    assert "| no such table" in error and "The service demo/rolling is as it was." in error
    assert (loaded.revision(), loaded.begun()) == (before, begun)

    # its environment is the new revision's, with its own beside it
    command = "[command: ['sh', '-c', 'test $RELEASE = migrated && test $STEP = 1'], env: [STEP: 1]]"
    built = loaded.deploy(env=release("migrated"), runTask=command)
    assert built.status == 0, built.log
    assert re.search(r"task [0-9a-f]{32} ended well after", built.log)
    assert loaded.predict()["model"]["version"] == "migrated"


def test_old_revisions_are_deregistered_but_those_that_completed(loaded):
    built = loaded.deploy(env=release("kept"), keep=1)
    assert built.status == 0, built.log
    arns = loaded.aws("ecs", "list-task-definitions", "--family-prefix", "rolling")["taskDefinitionArns"]
    active = {arn.rpartition("/")[2] for arn in arns}
    # the three that completed last: kept, migrated, verified; those that failed are gone
    assert loaded.revision() in active and len(active) == 3
    gone = re.search(r"keep 1: deregistered (.*)", built.log)[1]
    assert not any(revision in gone.split(", ") for revision in active)
    back = loaded.back()
    assert back.status == 0 and loaded.predict()["model"]["version"] == "migrated"


def test_an_aborted_rollout_goes_back(loaded):
    before, answer = loaded.revision(), loaded.predict()
    built = loaded.deploy_and_abort("new tasks: 0 healthy, 1 of 1 running", env=release("aborted"))
    assert "Aborted by the user" in built.log and "Finished: ABORTED" in built.log
    assert f"Rolled back: {before} serves, as before." in built.log
    assert loaded.revision() == before and loaded.predict() == answer


# --- traffic that is shifted


@pytest.fixture(scope="module")
def shifting(cloud, tmp_path_factory):
    """A service with two target groups, whose listener ECS moves from one to the other."""

    class Shifting(Rollouts):
        def spec(self, **service):
            spec = super().spec(**service)
            self.green = self.create_target_group(f"{self.name}-green", "/ready", drain_seconds=1)
            listener = self.aws("elbv2", "describe-listeners", "--load-balancer-arn", self.balancer)["Listeners"][0]
            rule = self.aws("elbv2", "describe-rules", "--listener-arn", listener["ListenerArn"])["Rules"][0]
            spec["service"]["loadBalancers"][0]["advancedConfiguration"] = {
                "alternateTargetGroupArn": self.green,
                "productionListenerRule": rule["RuleArn"],
                "roleArn": "arn:aws:iam::000000000000:role/ecs",
            }
            return spec

        def remove(self):
            super().remove()
            self.aws("elbv2", "delete-target-group", "--target-group-arn", self.green)

        def paused_at(self, *stages):
            """Lets deployments pause before these stages, or never."""
            hook = {"targetType": "PAUSE", "timeoutConfiguration": {"timeoutInMinutes": 5, "action": "ROLLBACK"}}
            hooks = [{**hook, "lifecycleStages": list(stages)}] if stages else []
            now = {**self.service()["deploymentConfiguration"], "strategy": "BLUE_GREEN"}
            now.pop("canaryConfiguration", None)
            self.aws(
                "ecs", "update-service", "--cluster", "demo", "--service", self.name,
                "--deployment-configuration", json.dumps({**now, "lifecycleHooks": hooks}),
            )

    shifting = Shifting(tmp_path_factory.mktemp("shifting"), cloud, "shifting")
    shifting.begin()
    yield shifting
    shifting.remove()


def settled(service):
    """One deployment is left, and all tasks that it has replaced are gone."""
    return len(service.service()["deployments"]) == 1


@pytest.mark.parametrize(
    "strategy, name",
    [("blue/green, bake 1 min", "green"), ("canary 50% for 1 min, bake 0 min", "canary")],
)
def test_traffic_is_shifted(shifting, strategy, name):
    old = shifting.predict()["model"]["version"]
    with shifting.load() as load:
        built = shifting.deploy(env=release(name), strategy=f"'{strategy}'")
        assert built.status == 0, built.log
        shifting.until(lambda: settled(shifting), 120)
    assert load.versions == [old, name]
    seconds = float(re.search(r"seconds:(\d+)", built.log)[1])
    assert seconds >= 60, "it neither baked nor waited after its first step"
    assert shifting.predict()["model"]["version"] == name
    assert shifting.service()["deploymentConfiguration"]["strategy"] == name.replace("green", "blue_green").upper()


@pytest.mark.parametrize("decision", ["continue", "rollback"])
def test_a_paused_rollout_is_decided_by_another_call(shifting, decision):
    shifting.paused_at("PRE_PRODUCTION_TRAFFIC_SHIFT")
    before, old, name = shifting.revision(), shifting.predict()["model"]["version"], f"to {decision}"
    with shifting.load() as load:
        paused = shifting.deploy(env=release(name), strategy="'blue/green, bake 0 min'", onPause="'return'")
        assert paused.status == 0, paused.log
        assert "state:PAUSED" in paused.log
        assert shifting.predict()["model"]["version"] == old
        deployment = re.search(r"deploymentId:(ecs-svc/\d+)", paused.log)[1]

        built = shifting.deploy(image=None, resume=f"'{deployment}'", decision=f"'{decision}'")
        shifting.until(lambda: settled(shifting), 120)
    shifting.paused_at()
    if decision == "continue":
        assert built.status == 0 and "state:COMPLETED" in built.log, built.log
        assert load.versions == [old, name]
        assert shifting.predict()["model"]["version"] == name
    else:
        assert built.status != 0
        assert f"Rolled back: {before} serves, as before." in built.log
        assert load.versions == [old] and shifting.revision() == before
