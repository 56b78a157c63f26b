"""The flow as users see it: a run, the public clients, faults under load."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from local import ROOT, Load
from outside import CLUSTER, INSTANCE, MODEL, REPOSITORY, SERVICE


def test_a_folder_of_ones_own_is_served(outside):
    answer = outside.predict()
    assert answer["predictions"] == [pytest.approx(7.0)]
    assert answer["model"]["name"] == MODEL


def test_the_same_again_changes_nothing(outside):
    before = outside.state()
    built = outside.run()
    assert built.status == 0
    assert outside.state()["task definitions"] == before["task definitions"]
    assert outside.state()["service"] == before["service"]


def test_public_clients(outside, tmp_path):
    """Unmodified, after sourcing .local/cloud.env."""
    env = outside.cloud.env
    reference = outside.image
    aws = Path(sys.executable).with_name("aws")
    listing = subprocess.run([aws, "s3", "ls"], env=env, capture_output=True, text=True, check=True)
    assert env["MODEL_BUCKET"] in listing.stdout
    service = outside.aws("ecs", "describe-services", "--cluster", CLUSTER, "--services", SERVICE)["services"][0]
    assert service["runningCount"] == service["desiredCount"]
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    password = subprocess.run(
        [aws, "ecr", "get-login-password"], env=env, capture_output=True, text=True, check=True
    ).stdout
    engine = machine("ENGINE")
    login = {**env, "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"), "DOCKER_CONFIG": str(tmp_path)}
    subprocess.run(
        [engine, "login", "-u", "AWS", "--password-stdin", env["REGISTRY"]],
        env=login, input=password, text=True, check=True, timeout=60,
    )
    subprocess.run([engine, "pull", reference], env=login, check=True, timeout=120)
    assert reference.partition("@")[0].endswith("/" + REPOSITORY)


def test_a_killed_container_is_replaced(outside):
    """A load sees no more fail than what was in flight on it."""
    engine = machine("ENGINE")
    with Load(outside.url, INSTANCE) as load:
        load.more(seconds=2)
        victim = outside.containers()[0]
        subprocess.run([engine, "kill", "--signal", "KILL", victim], env=outside.cloud.env, check=True, timeout=30)
        outside.until(lambda: victim not in outside.containers() and len(outside.containers()) == 2)
        outside.until(outside.steady)
        load.more(seconds=2)
    assert load.failed <= 4, load.first_failure
    assert load.sent > 100


def test_the_cloud_survives_a_kill(outside):
    pid = int((ROOT / ".local/cloud/server.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    subprocess.run([ROOT / "src/local-cloud/cloud", "start"], check=True, timeout=120)
    outside.until(outside.answers)
    assert outside.predict()["predictions"] == [pytest.approx(7.0)]


def test_check_api_finds_nothing():
    done = subprocess.run(
        [ROOT / "src/jenkins-api/check-api", ROOT / "src/jenkins-api/jenkins-2.516.2.tsv.gz",
         ROOT / "src/plugin/target/model-to-ecs.hpi"],
        capture_output=True, text=True,
    )
    assert done.stdout.rstrip().endswith(" 0 problems"), done.stdout
    assert done.returncode == 0


def machine(name):
    """A value that the set-up of this machine found."""
    for line in (ROOT / ".local/machine.env").read_text().splitlines():
        key, _, value = line.removeprefix("export ").partition("=")
        if key == name:
            return value.strip("'\"")
    raise AssertionError(f"no {name} in .local/machine.env")
