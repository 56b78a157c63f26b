"""A small service of real containers, which public clients create, change and break."""

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path

CLUSTER = "demo"


class Tools:
    """Programs of this Python's environment, run as a user who has sourced cloud.env runs them."""

    def __init__(self, cloud, folder):
        self.cloud, self.folder = cloud, folder

    def run(self, program, *arguments, timeout=300):
        """Answers the exit status and everything that was printed."""
        done = subprocess.run(
            [Path(sys.executable).with_name(program), *map(str, arguments)],
            cwd=self.folder, env=self.cloud.env, text=True, timeout=timeout,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        print(f"$ {program} {' '.join(map(str, arguments))}\n{done.stdout}[{done.returncode}]")
        return done.returncode, done.stdout

    def ok(self, program, *arguments):
        status, out = self.run(program, *arguments)
        assert status == 0, f"{program} ended with {status}: {out[-2000:]}"
        return out

    def aws(self, *arguments, program="aws"):
        out = self.ok(program, "--output", "json", *arguments)
        return json.loads(out) if out.strip().startswith("{") else out


class Small:
    """The task definition and service, by boto3 where a test is not about that."""

    def __init__(self, cloud):
        self.cloud, self.ecs = cloud, cloud.client("ecs")
        self.name = f"client-{uuid.uuid4().hex[:8]}"
        self.absent = f"{cloud.env['REGISTRY']}/none/none:1"

    def definition(self, version="v1", image=None, check="true"):
        return {
            "family": self.name,
            "containerDefinitions": [{
                "name": "app",
                "image": image or self.cloud.env["BASE_IMAGE"],
                "memory": 64,
                "command": ["sh", "-c", "echo serving $VERSION; exec sleep 900"],
                "environment": [{"name": "VERSION", "value": version}],
                "healthCheck": {"command": ["CMD-SHELL", check], "interval": 5, "retries": 1, "startPeriod": 1},
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": self.name, "awslogs-stream-prefix": "p", "awslogs-region": "us-east-1",
                    "awslogs-create-group": "true"}},
                "stopTimeout": 2,
            }],
        }

    def service(self):
        """It gives up, and goes back, after two tasks that fail."""
        return {
            "cluster": CLUSTER,
            "serviceName": self.name,
            "taskDefinition": self.name,
            "desiredCount": 1,
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {
                    "enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 2}},
                "maximumPercent": 200, "minimumHealthyPercent": 100,
            },
        }

    def register(self, **how):
        return self.ecs.register_task_definition(**self.definition(**how))["taskDefinition"]["taskDefinitionArn"]

    def create(self):
        first = self.register()
        self.ecs.create_service(**self.service())
        self.until_completed()
        return first

    def until_completed(self):
        """services_stable comes earlier, when the tasks run: what is broken then has no revision to go back to."""
        return self.until(
            lambda s: [d["rolloutState"] for d in s["deployments"]] == ["COMPLETED"]
            and s["runningCount"] == s["desiredCount"]
        )

    def until(self, holds):
        for _ in range(360):
            found = self.describe()
            if holds(found):
                return found
            time.sleep(0.5)
        raise AssertionError(f"it stayed {found}")

    def describe(self):
        return self.ecs.describe_services(cluster=CLUSTER, services=[self.name])["services"][0]

    def states(self):
        """The states of its service deployments, newest first."""
        listed = self.ecs.list_service_deployments(cluster=CLUSTER, service=self.name)["serviceDeployments"]
        return [deployment["status"] for deployment in listed]

    def version(self):
        """What its running revision is told to be."""
        definition = self.ecs.describe_task_definition(taskDefinition=self.describe()["taskDefinition"])
        variables = definition["taskDefinition"]["containerDefinitions"][0]["environment"]
        return {v["name"]: v["value"] for v in variables}["VERSION"]

    def remove(self):
        self.cloud.remove_service(CLUSTER, self.name)
