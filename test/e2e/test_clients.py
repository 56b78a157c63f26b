"""The AWS CLI takes a service from nothing to tasks that log; what more it does, and other clients, are in test/long/clients."""

import json

import pytest

from clients import CLUSTER, Small, Tools


@pytest.fixture
def small(cloud):
    small = Small(cloud)
    yield small
    small.remove()


def test_the_aws_cli_creates_waits_and_reads_logs(cloud, small, tmp_path):
    aws = Tools(cloud, tmp_path).aws
    (tmp_path / "v1.json").write_text(json.dumps(small.definition()))
    (tmp_path / "service.json").write_text(json.dumps(small.service()))
    aws("ecs", "register-task-definition", "--cli-input-json", "file://v1.json")
    aws("ecs", "create-service", "--cli-input-json", "file://service.json")
    small.until_completed()
    aws("ecs", "wait", "services-stable", "--cluster", CLUSTER, "--services", small.name)
    events = aws("logs", "filter-log-events", "--log-group-name", small.name, "--interleaved")["events"]
    assert [event["message"] for event in events] == ["serving v1"]
