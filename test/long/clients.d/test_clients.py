"""Each client deploys, fails in two ways (no such image, never healthy) and is back at what ran before."""

import json
import shutil

import pytest
import yaml

from clients import CLUSTER


def is_back(small, at):
    """The breaker has gone back to a revision, and that is done."""
    found = small.until(
        lambda s: s["taskDefinition"] == at and len(s["deployments"]) == 1 and s["runningCount"] == s["desiredCount"]
        and s["deployments"][0]["rolloutState"] == "COMPLETED"
    )
    assert "ROLLBACK_SUCCESSFUL" in small.states()
    return found


@pytest.mark.parametrize("how", ["no such image", "never healthy"])
def test_aws_cli_fails_and_rolls_back(small, tools, how):
    first = small.create()
    broken = small.definition("v2", image=small.absent) if how == "no such image" else small.definition("v2", check="false")
    (tools.folder / "v2.json").write_text(json.dumps(broken))
    tools.aws("ecs", "register-task-definition", "--cli-input-json", "file://v2.json")
    tools.aws("ecs", "update-service", "--cluster", CLUSTER, "--service", small.name, "--task-definition", small.name)
    found = is_back(small, first)
    tools.aws("ecs", "wait", "services-stable", "--cluster", CLUSTER, "--services", small.name)
    assert any("rolling back to deployment" in event["message"] for event in found["events"])
    reasons = tools.aws("ecs", "list-tasks", "--cluster", CLUSTER, "--service-name", small.name, "--desired-status", "STOPPED")
    stopped = tools.aws("ecs", "describe-tasks", "--cluster", CLUSTER, "--tasks", *reasons["taskArns"])["tasks"]
    expected = "CannotPullContainerError" if how == "no such image" else "Task failed container health checks"
    assert any(expected in json.dumps(task) for task in stopped)


def test_boto3_waiters(small):
    small.create()
    small.ecs.update_service(cluster=CLUSTER, service=small.name, taskDefinition=small.register(version="v2"))
    small.ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[small.name])
    assert small.version() == "v2"
    small.ecs.delete_service(cluster=CLUSTER, service=small.name, force=True)
    small.ecs.get_waiter("services_inactive").wait(cluster=CLUSTER, services=[small.name])


def test_ecs_deploy(small, tools):
    small.create()
    tools.ok("ecs", "deploy", CLUSTER, small.name, "-e", "app", "VERSION", "v2", "--timeout", "200")
    good = small.describe()["taskDefinition"]
    assert small.version() == "v2"
    status, out = tools.run(
        "ecs", "deploy", CLUSTER, small.name, "-i", "app", small.absent, "--rollback", "--timeout", "20")
    assert status != 0, out
    small.until_stable()
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
    small.until_stable()
    good = small.describe()["taskDefinition"]
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


@pytest.mark.skipif(not shutil.which("ecspresso"), reason="there is no ecspresso on the PATH")
def test_ecspresso(small, tools, cloud):
    def write(**how):
        service = small.service()
        del service["cluster"], service["serviceName"], service["taskDefinition"]
        (tools.folder / "ecs-task-def.json").write_text(json.dumps(small.definition(**how)))
        (tools.folder / "ecs-service-def.json").write_text(json.dumps(service))
        configuration = {
            "region": cloud.env["AWS_REGION"], "cluster": CLUSTER, "service": small.name, "timeout": "3m0s",
            "task_definition": "ecs-task-def.json", "service_definition": "ecs-service-def.json",
        }
        (tools.folder / "ecspresso.yml").write_text(yaml.safe_dump(configuration))

    write(version="v1")
    tools.ok("ecspresso", "deploy")
    assert small.version() == "v1"
    write(version="v2")
    tools.ok("ecspresso", "deploy")
    assert small.version() == "v2"
    good = small.describe()["taskDefinition"]
    write(version="v3", image=small.absent)
    tools.run("ecspresso", "deploy")
    is_back(small, good)
    tools.ok("ecspresso", "rollback")
    small.until_stable()
    assert small.version() == "v1"
    assert small.name in tools.ok("ecspresso", "status")
    tools.ok("ecspresso", "delete", "--force")
