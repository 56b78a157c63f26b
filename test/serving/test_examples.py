"""The examples train, pass their gate, get better by the edit that their README names, and serve."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from serving import EXAMPLES


def train(folder):
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=folder, env={}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "metrics.json").read_text())["accuracy"]


@pytest.fixture
def model_repo(tmp_path):
    return shutil.copytree(EXAMPLES / "model-repo", tmp_path / "model-repo")


def gate():
    jenkinsfile = (EXAMPLES / "model-repo/Jenkinsfile").read_text()
    return float(re.search(r"accuracy >= ([0-9.]+)", jenkinsfile)[1])


def test_trains_serves_and_gets_better(serve, store, model_repo):
    first = train(model_repo)
    assert first >= gate()
    store.publish("iris", {"model.pkl": (model_repo / "model.pkl").read_bytes()}, alias="first")

    source = model_repo / "train.py"
    edited = source.read_text().replace('MODEL = "stump"', 'MODEL = "forest"')
    assert edited != source.read_text()
    source.write_text(edited)
    second = train(model_repo)
    assert second > first + 0.02
    better = "20261124T101500Z-00000002"
    store.publish("iris", {"model.pkl": (model_repo / "model.pkl").read_bytes()}, version=better)

    app = EXAMPLES / "service-repo"
    flowers = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]
    for server in (serve(app, MODEL="iris@first").ready(), serve(MODEL="iris@first").ready()):
        answer = server.predict({"instances": flowers}, headers={"Content-Type": "application/json"})
        assert answer.json()["predictions"] == ["setosa", "virginica"]
    own = serve(app, MODEL="iris@latest").ready()
    answer = own.predict({"instances": flowers}, headers={"Content-Type": "application/json"}).json()
    assert answer["model"] == {"name": "iris", "version": better}
    assert answer["labels"] == ["setosa", "versicolor", "virginica"]
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    by_name = [dict(zip(names, flower)) for flower in flowers]
    named = own.predict({"instances": by_name}, headers={"Content-Type": "application/json"}).json()
    assert named["predictions"] == answer["predictions"]
    for wrong in ({}, {"instances": 5}, {"instances": [[1, 2]]}, {"instances": [{"petal_length": 1}]}, [1]):
        refused = own.predict(wrong, headers={"Content-Type": "application/json"})
        assert refused.status_code == 400, wrong
    assert own.get("/readyz").status_code == 200


def test_both_repositories_pin_the_same_libraries():
    def pins(example):
        lines = (EXAMPLES / example / "requirements.txt").read_text().split()
        return dict(line.split("==") for line in lines)

    model, service = pins("model-repo"), pins("service-repo")
    assert {name: service[name] for name in model} == model


def test_the_spec_fits_the_service():
    spec = json.loads((EXAMPLES / "service-repo/ecs.json").read_text())
    container = spec["taskDefinition"]["containerDefinitions"][0]
    target = spec["service"]["loadBalancers"][0]
    assert target["containerName"] == container["name"]
    assert target["containerPort"] == container["portMappings"][0]["containerPort"]
    jenkinsfiles = [(EXAMPLES / repo / "Jenkinsfile").read_text() for repo in ("model-repo", "service-repo")]
    services = {re.search(r"service: '([^']+)'", text)[1] for text in jenkinsfiles}
    assert services == {spec["taskDefinition"]["family"]}
