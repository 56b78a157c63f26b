"""A folder outside the repository with its own training, requirements and Flask app."""

import json
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from local import ROOT, post

INSTANCE = {"instances": [[3.0]]}
CLUSTER, SERVICE, MODEL, REPOSITORY = "demo", "prices", "prices", "team/prices"

TRAIN = """
import json, os, pickle
from sklearn.linear_model import LinearRegression

slope = float(os.environ.get("SLOPE", "2"))
model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 1.0 + slope, 1.0 + 2 * slope])
with open("model.pkl", "wb") as file:
    pickle.dump(model, file)
with open("metrics.json", "w") as file:
    json.dump({"rmse": 0.01, "fit": {"r2": 0.99}}, file)
"""

APP = """
import os
import model_to_ecs
from flask import Flask, jsonify, request

app = Flask(__name__)
app.register_blueprint(model_to_ecs.probes())


@app.post("/predict")
def predict():
    model = model_to_ecs.load()
    values = model.object.predict(request.get_json()["instances"])
    return jsonify(predictions=[float(v) for v in values], model={"name": model.name, "version": model.version})
"""

JENKINSFILE = """
@Library('model-to-ecs') _
properties([parameters([string(name: 'SLOPE', defaultValue: '2')])])
node {
    checkout scm
    %(steps)s
}
"""

STEPS = {
    "publish": "stage('Train') { trainAndPublishModel(%s) }",
    "build": "stage('Build') { image = buildServingImage(%s); echo \"built ${image.reference}\" }",
    "deploy": "stage('Deploy') { deployed = deployToEcs(%s); echo \"deployed ${deployed.taskDefinition}\" }",
}
ARGUMENTS = {
    "publish": {
        "name": f"'{MODEL}'",
        "train": "'python train.py'",
        "requirements": "'requirements.txt'",
        "params": "[SLOPE: params.SLOPE]",
        "gates": "['fit.r2 >= 0.9', 'rmse <= champion.rmse * 1.5']",
    },
    "build": {"repository": f"'{REPOSITORY}'", "requirements": "'requirements.txt'"},
    "deploy": {
        "cluster": f"'{CLUSTER}'",
        "service": f"'{SERVICE}'",
        "image": "image.reference",
        "model": f"'{MODEL}@latest'",
        "spec": "'ecs.json'",
    },
}


@dataclass
class Built:
    status: int
    log: str

    @property
    def errors(self):
        return [line for line in self.log.splitlines() if line.startswith("ERROR: ")]

    @property
    def image(self):
        """The reference by digest in the log."""
        return re.search(r"built (\S+@sha256:[0-9a-f]{64})", self.log).group(1)


class Outside:
    name = SERVICE

    def __init__(self, folder, cloud):
        self.folder, self.cloud = folder, cloud
        self.write("train.py", TRAIN)
        self.write("app.py", APP)
        self.write("requirements.txt", "scikit-learn==1.7.2\nflask>=3,<4\n")
        self.write_jenkinsfile()

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def write_jenkinsfile(self, only=None, **other):
        """The pipeline, or only one of its steps with some of its arguments replaced; None leaves one out."""
        steps = []
        for name in [only] if only else STEPS:
            merged = {**ARGUMENTS[name], **other}
            steps.append(STEPS[name] % ", ".join(f"{k}: {v}" for k, v in merged.items() if v is not None))
        self.write("Jenkinsfile", JENKINSFILE % {"steps": "\n    ".join(steps)})

    def run(self, **params):
        """`make run`, as a user types it."""
        command = ["make", "-s", "-C", str(ROOT), "run", f"REPO={self.folder}"]
        if params:
            command.append("PARAMS=" + " ".join(f"{k}={v}" for k, v in params.items()))
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=400
        )
        sys.stdout.write(done.stdout)
        return Built(done.returncode, done.stdout)

    def aws(self, *arguments):
        """The public AWS CLI."""
        cli = Path(sys.executable).with_name("aws")
        done = subprocess.run(
            [cli, "--output", "json", *arguments], env=self.cloud.env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def create_service_address(self, path="/readyz", drain_seconds=5):
        """What a team's Terraform would: a load balancer, a target group, a listener."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        group = self.create_target_group(self.name, path, drain_seconds)
        balancer = self.aws("elbv2", "create-load-balancer", "--name", self.name, "--subnets", "subnet-local")
        self.balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        self.aws(
            "elbv2", "create-listener", "--load-balancer-arn", self.balancer, "--protocol", "HTTP",
            "--port", str(port), "--default-actions", f"Type=forward,TargetGroupArn={group}",
        )
        self.group, self.url = group, f"http://127.0.0.1:{port}"

    def create_target_group(self, name, path, drain_seconds):
        group = self.aws(
            "elbv2", "create-target-group", "--name", name, "--protocol", "HTTP", "--port", "8080",
            "--target-type", "ip", "--vpc-id", "vpc-local", "--health-check-path", path,
            "--health-check-interval-seconds", "5", "--health-check-timeout-seconds", "4",
            "--healthy-threshold-count", "2", "--unhealthy-threshold-count", "2",
        )["TargetGroups"][0]["TargetGroupArn"]
        self.aws(
            "elbv2", "modify-target-group-attributes", "--target-group-arn", group,
            "--attributes", f"Key=deregistration_delay.timeout_seconds,Value={drain_seconds}",
        )
        return group

    def write_spec(self):
        spec = json.loads((ROOT / "examples/service-repo/ecs.json").read_text())
        spec["taskDefinition"]["family"] = self.name
        spec["service"]["loadBalancers"][0]["targetGroupArn"] = self.group
        self.write("ecs.json", json.dumps(spec, indent=2))

    def remove(self):
        self.cloud.remove_service(CLUSTER, self.name)
        self.aws("elbv2", "delete-load-balancer", "--load-balancer-arn", self.balancer)
        self.aws("elbv2", "delete-target-group", "--target-group-arn", self.group)

    def predict(self):
        return post(self.url + "/predict", INSTANCE)

    def answers(self):
        try:
            return bool(self.predict())
        except OSError:
            return False

    def containers(self):
        """The container engine's names of the running tasks' containers."""
        arns = self.aws("ecs", "list-tasks", "--cluster", CLUSTER, "--service-name", self.name)["taskArns"]
        if not arns:
            return []
        tasks = self.aws("ecs", "describe-tasks", "--cluster", CLUSTER, "--tasks", *arns)["tasks"]
        running = [task for task in tasks if task["lastStatus"] == "RUNNING"]
        return [container["runtimeId"] for task in running for container in task["containers"]]

    def steady(self):
        service = self.aws("ecs", "describe-services", "--cluster", CLUSTER, "--services", self.name)["services"][0]
        health = self.aws("elbv2", "describe-target-health", "--target-group-arn", self.group)
        states = [target["TargetHealth"]["State"] for target in health["TargetHealthDescriptions"]]
        return service["runningCount"] == service["desiredCount"] == states.count("healthy") == len(states)

    def state(self):
        """Everything in the cloud that a failed step must leave as it was."""
        client = self.cloud.client
        bucket = self.cloud.env["MODEL_BUCKET"]
        service = client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
        repositories = client("ecr").describe_repositories()["repositories"]
        return {
            "objects": [(o["Key"], o["ETag"]) for o in client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])],
            "uploads": client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", []),
            "repositories": sorted(repository["repositoryName"] for repository in repositories),
            "images": client("ecr").list_images(repositoryName=REPOSITORY)["imageIds"],
            "task definitions": client("ecs").list_task_definitions()["taskDefinitionArns"],
            "service": [service["taskDefinition"], service["desiredCount"]],
        }

    def until(self, condition, seconds=60):
        """Waits until the condition holds."""
        for _ in range(seconds * 2):
            if condition():
                return
            time.sleep(0.5)
        raise AssertionError("it didn't come true")

