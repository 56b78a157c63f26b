"""Each client creates (where it can), deploys, waits, sees a deployment fail, and is back at what ran before."""

import json

import botocore.exceptions
import pytest
import yaml

from clients import CLUSTER


def is_back(small, at):
    """The breaker has gone back to a revision, and that is done."""
    found = small.until(
        lambda s: s["taskDefinition"] == at and [d["rolloutState"] for d in s["deployments"]] == ["COMPLETED"]
        and s["runningCount"] == s["desiredCount"]
    )
    assert "ROLLBACK_SUCCESSFUL" in small.states()
    return found


class AwsCli:
    """The AWS CLI of a version, and what a user of it writes."""

    def __init__(self, program, small, tools):
        self.program, self.small, self.tools = program, small, tools
        self.service = ["--cluster", CLUSTER, "--service", small.name]
        self.services = ["--cluster", CLUSTER, "--services", small.name]

    def __call__(self, *arguments):
        return self.tools.aws(*arguments, program=self.program)

    def register(self, **how):
        (self.tools.folder / "definition.json").write_text(json.dumps(self.small.definition(**how)))
        made = self("ecs", "register-task-definition", "--cli-input-json", "file://definition.json")
        return made["taskDefinition"]["taskDefinitionArn"]

    def update(self, definition):
        self("ecs", "update-service", *self.service, "--task-definition", definition)

    def wait(self, what="services-stable"):
        self("ecs", "wait", what, *self.services)

    def describe(self):
        return self("ecs", "describe-services", *self.services)["services"][0]


@pytest.fixture(params=["aws", "aws2"])
def aws(request, small, tools):
    """The AWS CLI in its versions 1 and 2."""
    tools.need(request.param)
    return AwsCli(request.param, small, tools)


def test_aws_cli_creates_deploys_goes_back_and_deletes(aws, small, tools):
    service = small.service()
    # newer than Debian's AWS CLI
    del service["deploymentConfiguration"]["deploymentCircuitBreaker"]["thresholdConfiguration"]
    (tools.folder / "service.json").write_text(json.dumps(service))
    first = aws.register()
    aws("ecs", "create-service", "--cli-input-json", "file://service.json")
    aws.wait()
    assert small.version() == "v1"
    aws.update(aws.register(version="v2"))
    aws.wait()
    found = aws.describe()
    assert found["taskDefinition"].endswith(f"{small.name}:2")
    assert [d["rolloutState"] for d in found["deployments"]] == ["COMPLETED"]
    aws.update(first)
    aws.wait()
    assert aws.describe()["taskDefinition"] == first
    aws("ecs", "delete-service", *aws.service, "--force")
    aws.wait("services-inactive")
    assert aws.describe()["status"] == "INACTIVE"


@pytest.mark.parametrize("how", ["no such image", "never healthy"])
def test_aws_cli_sees_a_failure_and_the_way_back(aws, small, how):
    first = small.create()
    broken = {"image": small.absent} if how == "no such image" else {"check": "false"}
    aws.update(aws.register(version="v2", **broken))
    aws.wait()
    found = is_back(small, first)
    assert aws.describe()["taskDefinition"] == first
    assert any("rolling back to deployment" in event["message"] for event in found["events"])
    stopped = aws("ecs", "list-tasks", "--cluster", CLUSTER, "--service-name", small.name, "--desired-status", "STOPPED")
    tasks = aws("ecs", "describe-tasks", "--cluster", CLUSTER, "--tasks", *stopped["taskArns"])["tasks"]
    expected = "CannotPullContainerError" if how == "no such image" else "Task failed container health checks"
    assert any(expected in json.dumps(task) for task in tasks)


def test_aws_cli_waits_in_vain_for_a_task_that_cannot_start(aws, small, tools):
    broken = aws.register(image=small.absent)
    task = aws("ecs", "run-task", "--cluster", CLUSTER, "--task-definition", broken)["tasks"][0]["taskArn"]
    status, out = tools.run(aws.program, "ecs", "wait", "tasks-running", "--cluster", CLUSTER, "--tasks", task)
    assert status == 255 and "Waiter TasksRunning failed" in out
    aws("ecs", "wait", "tasks-stopped", "--cluster", CLUSTER, "--tasks", task)


def test_aws_cli_rolls_back_on_request(small, tools):
    aws = AwsCli("aws", small, tools)
    first = small.create()
    aws.update(aws.register(version="v2", check="sleep 60"))
    listed = aws("ecs", "list-service-deployments", *aws.service, "--status", "IN_PROGRESS")["serviceDeployments"]
    deployment = listed[0]["serviceDeploymentArn"]
    aws("ecs", "stop-service-deployment", "--service-deployment-arn", deployment, "--stop-type", "ROLLBACK")
    aws.wait()
    is_back(small, first)
    told = aws("ecs", "describe-service-deployments", "--service-deployment-arns", deployment)["serviceDeployments"][0]
    assert told["status"] == "ROLLBACK_SUCCESSFUL"


def test_aws_logs_tail(small, tools):
    tools.need("aws2")
    small.create()
    tail = ["logs", "tail", small.name]
    assert tools.ok("aws2", *tail).endswith(" serving v1\n")
    with tools.started("aws2", *tail, "--follow", "--format", "short") as lines:
        small.ecs.update_service(cluster=CLUSTER, service=small.name, taskDefinition=small.register(version="v2"))
        assert any(line.endswith(" serving v2\n") for line in lines)


def test_boto3_waiters(small):
    small.create()

    def update(**how):
        definition = small.register(**how)
        breaker = {"enable": True, "rollback": False, "thresholdConfiguration": {"type": "COUNT", "value": 2}}
        small.ecs.update_service(
            cluster=CLUSTER, service=small.name, taskDefinition=definition,
            deploymentConfiguration={"deploymentCircuitBreaker": breaker})
        return definition

    stable, service = small.ecs.get_waiter("services_stable"), {"cluster": CLUSTER, "services": [small.name]}
    good = update(version="v2")
    stable.wait(**service)
    assert small.version() == "v2"
    small.until_completed()
    update(version="v3", image=small.absent)
    with pytest.raises(botocore.exceptions.WaiterError, match="Max attempts exceeded"):
        stable.wait(**service, WaiterConfig={"Delay": 2, "MaxAttempts": 10})
    failed = small.describe()["deployments"]
    assert [(d["status"], d["rolloutState"]) for d in failed][0] == ("PRIMARY", "FAILED")
    small.ecs.update_service(cluster=CLUSTER, service=small.name, taskDefinition=good)
    stable.wait(**service)
    assert small.version() == "v2"
    small.ecs.delete_service(cluster=CLUSTER, service=small.name, force=True)
    with pytest.raises(botocore.exceptions.WaiterError, match="terminal failure state"):
        stable.wait(**service)
    small.ecs.get_waiter("services_inactive").wait(**service)


def test_ecs_deploy(small, tools):
    small.create()
    tools.ok("ecs", "deploy", CLUSTER, small.name, "-e", "app", "VERSION", "v2", "--timeout", "200")
    good = small.until_completed()["taskDefinition"]
    assert small.version() == "v2"
    status, out = tools.run(
        "ecs", "deploy", CLUSTER, small.name, "-i", "app", small.absent, "--rollback", "--timeout", "20")
    assert status != 0, out
    small.until_completed()
    assert small.version() == "v2"
    assert small.describe()["taskDefinition"] == good
    tools.ok("ecs", "scale", CLUSTER, small.name, "2", "--timeout", "200")
    assert small.describe()["runningCount"] == 2


def test_deployfish(small, tools):
    def write(version, image):
        container = {
            "name": "app", "image": image, "cpu": 64, "memory": 64, "command": "sleep 900",
            "environment": [f"VERSION={version}"],
        }
        service = {
            "name": small.name, "environment": "test", "cluster": CLUSTER, "count": 1, "family": small.name,
            "network_mode": "bridge", "maximum_percent": 200, "minimum_healthy_percent": 100,
            "containers": [container],
        }
        (tools.folder / "deployfish.yml").write_text(yaml.safe_dump({"services": [service]}))

    base = small.cloud.env["BASE_IMAGE"]
    write("v1", base)
    tools.ok("deploy", "create", small.name)
    write("v2", base)
    tools.ok("deploy", "update", small.name)
    good = small.until_completed()["taskDefinition"]
    assert small.version() == "v2"
    # deployfish knows no breaker: another one has set it, and it stays
    configuration = small.service()["deploymentConfiguration"]
    small.ecs.update_service(cluster=CLUSTER, service=small.name, deploymentConfiguration=configuration)
    write("v3", small.absent)
    tools.run("deploy", "update", small.name)
    is_back(small, good)
    assert small.name in tools.ok("deploy", "info", small.name)
    write("v2", base)
    tools.ok("deploy", "scale", small.name, "2")
    small.until(lambda s: s["runningCount"] == 2)


def test_ecspresso(small, tools, cloud):
    tools.need("ecspresso")

    def write(timeout="3m0s", breaker=True, **how):
        service = small.service()
        service["deploymentConfiguration"]["deploymentCircuitBreaker"] = {"enable": breaker, "rollback": breaker}
        # which ecspresso's rollback expects to be told, and ECS only tells where it was given
        service["deploymentController"] = {"type": "ECS"}
        del service["cluster"], service["serviceName"], service["taskDefinition"]
        (tools.folder / "ecs-task-def.json").write_text(json.dumps(small.definition(**how)))
        (tools.folder / "ecs-service-def.json").write_text(json.dumps(service))
        configuration = {
            "region": cloud.env["AWS_REGION"], "cluster": CLUSTER, "service": small.name, "timeout": timeout,
            "task_definition": "ecs-task-def.json", "service_definition": "ecs-service-def.json",
        }
        (tools.folder / "ecspresso.yml").write_text(yaml.safe_dump(configuration))

    write(version="v1")
    tools.ok("ecspresso", "deploy")
    assert small.version() == "v1"
    write(version="v2")
    tools.ok("ecspresso", "deploy")
    good = small.until_completed()["taskDefinition"]
    assert small.version() == "v2"
    write(version="v3", image=small.absent, timeout="20s", breaker=False)
    status, out = tools.run("ecspresso", "deploy")
    assert status != 0 and "exceeded max wait time" in out
    write(version="v2")
    tools.ok("ecspresso", "rollback")
    assert small.until_completed()["taskDefinition"] == good
    write(version="v4", image=small.absent)
    tools.run("ecspresso", "deploy")
    is_back(small, good)
    assert small.name in tools.ok("ecspresso", "status")
    tools.ok("ecspresso", "delete", "--force", "--terminate")
