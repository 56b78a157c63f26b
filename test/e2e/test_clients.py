"""The AWS CLI alone takes a service from nothing to a new revision; more clients are in test/long/clients."""

import json

import pytest

from clients import CLUSTER, Small, Tools


@pytest.fixture
def small(cloud):
    small = Small(cloud)
    yield small
    small.remove()


def test_the_aws_cli_creates_updates_waits_and_reads_logs(cloud, small, tmp_path):
    aws = Tools(cloud, tmp_path).aws
    for version in ("v1", "v2"):
        (tmp_path / f"{version}.json").write_text(json.dumps(small.definition(version)))
    (tmp_path / "service.json").write_text(json.dumps(small.service()))
    aws("ecs", "register-task-definition", "--cli-input-json", "file://v1.json")
    aws("ecs", "create-service", "--cli-input-json", "file://service.json")
    small.until_stable()
    aws("ecs", "register-task-definition", "--cli-input-json", "file://v2.json")
    aws("ecs", "update-service", "--cluster", CLUSTER, "--service", small.name, "--task-definition", small.name)
    aws("ecs", "wait", "services-stable", "--cluster", CLUSTER, "--services", small.name)
    found = aws("ecs", "describe-services", "--cluster", CLUSTER, "--services", small.name)["services"][0]
    assert found["taskDefinition"].endswith(f"{small.name}:2")
    assert [d["rolloutState"] for d in found["deployments"]] == ["COMPLETED"]
    events = aws("logs", "filter-log-events", "--log-group-name", small.name, "--interleaved")["events"]
    assert [event["message"] for event in events] == ["serving v1", "serving v2"]
