"""A light service of its own whose app misbehaves as its environment tells it to, and rollouts of it by the runner."""

import json
import subprocess
import urllib.request
from contextlib import contextmanager

from local import ROOT, Load
from outside import INSTANCE, Built, Outside

TRAIN = """
import os, pickle

with open("model.pkl", "wb") as file:
    pickle.dump({"slope": float(os.environ.get("SLOPE", "2"))}, file)
"""

APP = """
import os, time
import model_to_ecs
from flask import Flask, jsonify, request

MODE, BEGAN = os.environ.get("MODE"), time.monotonic()
app = Flask(__name__)
app.register_blueprint(model_to_ecs.probes())
if MODE == "exits":
    raise ValueError("THRESHOLD is not a number")
if MODE == "eats":
    hoard = [b"x" * (1 << 20) for _ in range(4096)]


@app.get("/ready")
def ready():
    if MODE == "hangs":
        time.sleep(8)
    late = MODE == "ill after 20 s" and time.monotonic() > BEGAN + 20
    return ("not ready", 503) if MODE == "never ready" or late else "ready"


@app.post("/predict")
def predict():
    model = model_to_ecs.load()
    slope = model.object["slope"] if MODE != "wrong" else -1.0
    values = [slope * row[0] for row in request.get_json()["instances"]]
    release = os.environ.get("RELEASE", model.version)
    return jsonify(predictions=values, model={"name": model.name, "version": release})
"""

STEPS = {
    "publish": "trainAndPublishModel(%s)",
    "build": "image = buildServingImage(%s); echo \"built ${image.reference}\"",
    "deploy": "deployed = deployToEcs(%s); echo \"deployed ${deployed}\"",
    "back": "deployed = rollbackEcs(%s); echo \"deployed ${deployed}\"",
}


class Rollouts(Outside):
    """One service behind a load balancer; each rollout is a build of its own."""

    def __init__(self, folder, cloud, name="causes"):
        self.folder, self.cloud, self.name = folder, cloud, name
        self.model = name
        self.defaults = {
            "publish": {"name": f"'{name}'", "train": "'python train.py'", "metrics": "null"},
            "build": {"repository": f"'team/{name}'", "requirements": "'requirements.txt'", "tags": "['v1']"},
            "deploy": {"cluster": "'demo'", "service": f"'{name}'"},
            "back": {"cluster": "'demo'", "service": f"'{name}'"},
        }
        self.write("train.py", TRAIN)
        self.write("app.py", APP)
        self.write("requirements.txt", "flask>=3,<4\n")

    def begin(self, **spec):
        """Publishes, builds and creates the service, of one task, whose health is judged as soon as ECS allows it.

        Rollouts keep this image unless they name another.
        """
        self.create_service_address("/ready", drain_seconds=1)
        self.write("ecs.json", json.dumps(self.spec(**spec)))
        self.write("Jenkinsfile", self.jenkinsfile("publish") + self.jenkinsfile("build"))
        built = self.run()
        assert built.status == 0, built.log
        self.defaults["deploy"]["image"] = f"'{built.image}'"
        built = self.deploy(model=f"'{self.model}@latest'", spec="'ecs.json'")
        assert built.status == 0, built.log
        # the first start on a machine is the slowest
        self.aws(
            "ecs", "update-service", "--cluster", "demo", "--service", self.name,
            "--health-check-grace-period-seconds", "45",
        )

    def spec(self, **service):
        spec = json.loads((ROOT / "examples/service-repo/ecs.json").read_text())
        definition = spec["taskDefinition"]
        definition.update(family=self.name, cpu="256", memory="512")
        definition["containerDefinitions"][0].update(memory=256, stopTimeout=10)
        definition["containerDefinitions"][0]["logConfiguration"]["options"]["awslogs-group"] = f"/ecs/{self.name}"
        spec["service"]["loadBalancers"][0]["targetGroupArn"] = self.group
        spec["service"].update(desiredCount=1, healthCheckGracePeriodSeconds=60)
        breaker = spec["service"]["deploymentConfiguration"]["deploymentCircuitBreaker"]
        breaker["thresholdConfiguration"] = {"type": "COUNT", "value": 1}
        spec["service"].update(service)
        return spec

    def jenkinsfile(self, step, **arguments):
        merged = {**self.defaults[step], **arguments}
        given = ", ".join(f"{key}: {value}" for key, value in merged.items() if value is not None)
        return "@Library('model-to-ecs') _\n" * (step != "build") + "node { checkout scm; %s }\n" % (STEPS[step] % given)

    def deploy(self, **arguments):
        """One rollout: what the build said, and whether it was well."""
        self.write("Jenkinsfile", self.jenkinsfile("deploy", **arguments))
        return self.run()

    def deploy_and_abort(self, sign, **arguments):
        """A rollout that is aborted when the build has said the sign."""
        self.write("Jenkinsfile", self.jenkinsfile("deploy", **arguments))
        command = [ROOT / "src/local-runner/run", "--repo", self.folder]
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        with subprocess.Popen(command, env=self.cloud.env, **output) as runner:
            log = ""
            for line in runner.stdout:
                log += line
                if sign in line:
                    runner.terminate()
                    break
            log += runner.stdout.read()
        print(log)
        return Built(runner.returncode, log)

    def back(self, **arguments):
        self.write("Jenkinsfile", self.jenkinsfile("back", **arguments))
        return self.run()

    def service(self):
        return self.aws("ecs", "describe-services", "--cluster", "demo", "--services", self.name)["services"][0]

    def begun(self):
        """How many deployments the service has had."""
        made = self.aws("ecs", "list-service-deployments", "--cluster", "demo", "--service", self.name)
        return len(made["serviceDeployments"])

    def revision(self):
        return self.service()["taskDefinition"].rpartition("/")[2]

    def newest(self):
        """The newest revision of the family, deployed or not."""
        arns = self.aws("ecs", "list-task-definitions", "--family-prefix", self.name, "--sort", "DESC")
        return arns["taskDefinitionArns"][0].rpartition("/")[2]

    @contextmanager
    def load(self):
        """A load that must not lose a request; `versions` says who answered."""
        with Load(self.url, INSTANCE, clients=2, per_second=20) as load:
            yield load
            load.more(seconds=1)
            self.versions = load.versions
        assert load.failed == 0, f"{load.failed} of {load.sent} requests failed: {load.first_failure}"
        assert load.sent > 10

    @contextmanager
    def fault(self, **fault):
        """A fault of FAULTS.md while it is open."""
        faults = self.cloud.env["AWS_ENDPOINT_URL"] + "/_local/faults"
        request = urllib.request.Request(faults, json.dumps(fault).encode(), method="POST")
        urllib.request.urlopen(request, timeout=10).close()
        try:
            yield
        finally:
            urllib.request.urlopen(urllib.request.Request(faults, method="DELETE"), timeout=10).close()
