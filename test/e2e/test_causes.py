"""Each way in which a rollout can fail ends in the right explanation, with the old tasks serving and no request lost.
"""

import json
import re

import pytest
from rollouts import Rollouts

pytestmark = pytest.mark.long

# the app's mode, or a fault of FAULTS.md; more parameters of the step; what it says of why
CAUSES = {
    "exit at start": (
        {"MODE": "exits"}, {}, {},
        ["The program stopped by itself; its last log lines say why.", "ValueError: THRESHOLD is not a number"],
    ),
    "out of memory": (
        {"MODE": "eats"}, {}, {},
        ["It used more memory than allowed. Raise the memory", "OutOfMemoryError"],
    ),
    "never healthy": (
        {"MODE": "never ready"}, {}, {},
        ["The load balancer's health check got an error from the program", "codes: [503]", "GracePeriodSeconds (now 45)"],
    ),
    "healthy, and ill after 20 s": (
        {"MODE": "ill after 20 s"}, {"verify": "[[path: '/ready', seconds: 40]]"}, {},
        ["503"],
    ),
    "image that can't be pulled": (
        {}, {}, {"fault": "pull-fails", "reason": "not-found"},
        ["The image of this digest isn't in the registry any more. Push it again.", "CannotPullContainerError"],
    ),
    "registry out of reach": (
        {}, {}, {"fault": "pull-fails", "reason": "network"},
        ["The task can't reach the registry."],
    ),
    "pull denied": (
        {}, {}, {"fault": "pull-fails", "reason": "denied"},
        ["The execution role may not pull the image."],
    ),
    "too many pulls": (
        {}, {}, {"fault": "pull-fails", "reason": "rate-limit"},
        ["too many pulls"],
    ),
    "disk full": (
        {}, {}, {"fault": "pull-fails", "reason": "no-space"},
        ["The disk is full."],
    ),
    "no capacity": (
        {}, {"timeoutMinutes": 1}, {"fault": "no-capacity"},
        ["AWS has no room for the task now.", "Capacity is unavailable"],
    ),
    "vanishes": (
        {}, {}, {"fault": "vanishes", "afterSeconds": 1},
        ["The task stopped.", "Essential container in task exited"],
    ),
    "hangs": (
        {"MODE": "hangs"}, {}, {},
        ["The load balancer's health check got no answer.", "Request timed out"],
    ),
}


@pytest.fixture(scope="module")
def rollouts(cloud, tmp_path_factory):
    rollouts = Rollouts(tmp_path_factory.mktemp("causes"), cloud)
    rollouts.begin()
    yield rollouts
    rollouts.remove()


@pytest.fixture
def untouched(rollouts):
    """What served before serves after it, and no request is lost meanwhile."""
    before, answer = rollouts.revision(), rollouts.predict()
    with rollouts.load():
        yield rollouts
        rollouts.until(lambda: rollouts.revision() == before, 300)
        rollouts.until(rollouts.steady, 300)
    assert rollouts.predict() == answer


@pytest.mark.parametrize("cause", CAUSES)
def test_why_it_failed(untouched, cause):
    env, arguments, fault, words = CAUSES[cause]
    new = int(untouched.revision().partition(":")[2])
    arguments = {"env": environment(CASE=list(CAUSES).index(cause), **env), **arguments}
    if fault:
        newest = int(untouched.newest().partition(":")[2])
        aim = {} if fault["fault"] == "no-capacity" else {"taskDefinition": f"{untouched.name}:{newest + 1}"}
        with untouched.fault(**fault, **aim):
            built = untouched.deploy(**arguments)
    else:
        built = untouched.deploy(**arguments)
    explained(built, *words, f"Rolled back: {untouched.name}:{new} serves, as before.")
    assert len(re.findall(r"^ERROR: the deployment \S+ of \S+ to demo/causes", built.log, re.M)) == 1


def explained(built, *words):
    assert built.status != 0 and "Finished: FAILURE" in built.log
    assert len(built.errors) == 1
    error = built.log[built.log.index("ERROR: ") :]
    for word in words:
        assert word in error
    assert "\tat " not in error and "SdkClientException" not in error


def environment(**variables):
    return "[%s]" % ", ".join(f"{name}: '{value}'" for name, value in variables.items())


# --- what is found before anything is changed


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"image": "env.REGISTRY + '/team/causes:nothing'"}, ["image not found: '", "team/causes:nothing", "Push it first"]),
        (
            {"secrets": "[KEY: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:none-AbCdEf']"},
            ["secret not found: KEY of the container 'app'", "secret:none-AbCdEf"],
        ),
        ({"container": "'wbe'"}, ["no container 'wbe'", "app"]),
    ],
    ids=["bad image", "missing secret", "wrong container name"],
)
def test_found_before_it_begins(untouched, arguments, words):
    before = untouched.newest()
    explained(untouched.deploy(**arguments), *words)
    assert untouched.newest() == before


def test_a_secret_that_only_ecs_finds_missing(untouched):
    """The step may not look whether it is there, so that it shows when the task starts."""
    secrets = "[KEY: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:none-AbCdEf']"
    with untouched.fault(fault="deny", action="secretsmanager:DescribeSecret"):
        built = untouched.deploy(secrets=secrets)
    explained(built, "A secret can't be read. Fix its name", "secret:none", "Rolled back")
    assert "note: secretsmanager:DescribeSecret isn't answered" in built.log


# --- the model


@pytest.mark.parametrize(
    "harm, words",
    [
        ("missing", ["The model isn't in the store. Publish it again", "exit code 71"]),
        ("tampered with", ["digest differs", "exit code 72"]),
    ],
)
def test_a_model_that_is(untouched, harm, words):
    publish = untouched.jenkinsfile("publish", alias="'other'", params=f"[SLOPE: '{len(harm)}']")
    untouched.write("Jenkinsfile", publish)
    assert untouched.run().status == 0
    s3, bucket = untouched.cloud.client("s3"), untouched.cloud.env["MODEL_BUCKET"]
    alias = s3.get_object(Bucket=bucket, Key=f"models/{untouched.model}/aliases/other.json")
    version = json.loads(alias["Body"].read())["version"]
    key = f"models/{untouched.model}/versions/{version}/model.pkl"
    s3.delete_object(Bucket=bucket, Key=key)
    if harm != "missing":
        s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 32)

    built = untouched.deploy(model=f"'{untouched.model}@{version}'")

    explained(built, *words, "Rolled back")


# --- the API


def test_a_throttled_api_only_takes_longer(rollouts):
    with rollouts.load(), rollouts.fault(fault="throttle", action="*", share=0.3):
        built = rollouts.deploy(env=environment(CASE="throttled"))
    assert built.status == 0, built.log
    assert rollouts.predict()["predictions"] == [pytest.approx(6.0)]


# what the step can't do without: it fails on it, naming it; without the others it says so and goes on
NEEDED = {
    "ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition", "ecs:UpdateService",
    "ecr:BatchGetImage", "s3:GetObject",
}
DENIED = sorted(NEEDED) + [
    "ecs:ListTasks", "ecs:DescribeTasks", "ecs:ListServiceDeployments", "ecs:DescribeServiceRevisions",
    "ecs:DescribeServiceDeployments", "ecr:GetAuthorizationToken", "logs:GetLogEvents", "logs:DescribeLogGroups",
    "sts:GetCallerIdentity", "s3:PutObject", "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners",
]


@pytest.mark.parametrize("action", DENIED)
def test_access_denied_to(rollouts, action):
    before = rollouts.revision()
    with rollouts.load():
        with rollouts.fault(fault="deny", action=action):
            built = rollouts.deploy(
                image=f"env.REGISTRY + '/team/{rollouts.name}:v1'",
                model=f"'{rollouts.model}@latest'",
                env=environment(CASE=action),
            )
        rollouts.until(rollouts.steady, 300)
    if built.status == 0:
        assert action not in NEEDED
    else:
        # S3 answers the same where an object is missing and listing isn't allowed
        explained(built, "may not read it (s3:GetObject)" if action == "s3:GetObject" else f"access denied to {action}")
        assert rollouts.revision() == before
    assert rollouts.predict()["model"]["name"] == rollouts.model


@pytest.mark.parametrize("action", ["ecs:ListTasks", "ecs:DescribeTasks", "logs:GetLogEvents"])
def test_access_denied_while_it_fails_to(untouched, action):
    """The reason can be seen in part only; it still goes back, and says what it couldn't see."""
    with untouched.fault(fault="deny", action=action):
        built = untouched.deploy(env=environment(CASE=action, MODE="exits"))
    explained(built, "Rolled back")
    assert action in built.log
