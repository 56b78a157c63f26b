"""A real service behind a load balancer of its own on the local cloud, and a steady load on it."""

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/e2e"))
from local import Unmet  # noqa: E402

CLUSTER = "demo"
TASKS, PER_SECOND, CLIENTS = 4, 200, 25
DRAIN_SECONDS = 3
WAIT_SECONDS = 180

# Takes 20 ms for each request, keeps connections, finishes what it works on when it is to stop.
APP = """
import os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class App(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        time.sleep(0.02)
        body = os.environ['VERSION'].encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
class Server(ThreadingHTTPServer):
    request_queue_size = 128
server = Server(('', int(os.environ['PORT'])), App)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""


class Load:
    """GET requests at a steady rate, whatever the answers: each client sends at its own fixed times."""

    def __init__(self, port):
        self.port = port
        self.begun = time.monotonic()
        self.requests = []  # (when sent, when over, version or None, failure or None)
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._client, args=(i,), daemon=True) for i in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.begun

    def _client(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        due = self.begun + number / PER_SECOND
        while not self.ended.wait(max(0.0, due - time.monotonic())):
            due += CLIENTS / PER_SECOND
            sent, version, failure = time.monotonic(), None, None
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                text = answer.read().decode()
                version, failure = (text, None) if answer.status == 200 else (None, str(answer.status))
            except (OSError, http.client.HTTPException) as error:
                failure = repr(error)
                connection.close()
            self.requests.append((sent, time.monotonic(), version, failure))
        connection.close()

    def versions(self, since):
        return {version for sent, _, version, _ in list(self.requests) if version and sent >= since}

    def failed(self):
        return [r for r in self.requests if r[3]]

    def figures(self):
        took = sorted(over - sent for sent, over, _, _ in self.requests)
        return (
            f"{len(took)} requests in {self.seconds:.1f} s ({len(took) / self.seconds:.0f}/s), "
            f"{len(self.failed())} lost; median {took[len(took) // 2] * 1000:.0f} ms, "
            f"99 % {took[len(took) * 99 // 100] * 1000:.0f} ms"
        )


class Service:
    """A service behind a listener and two target groups of its own."""

    def __init__(self, cloud, name, strategy):
        self.cloud, self.name = cloud, name
        self.port = free_port()
        balancer = self.elb("CreateLoadBalancer", Name=name, **{"Subnets.member.1": "a", "Subnets.member.2": "b"})
        self.groups = [self.target_group(f"{name}-{colour}") for colour in ("blue", "green")]
        listener = self.elb(
            "CreateListener",
            LoadBalancerArn=arn(balancer, "LoadBalancerArn"),
            Port=self.port,
            Protocol="HTTP",
            **{"DefaultActions.member.1.Type": "forward", "DefaultActions.member.1.TargetGroupArn": self.groups[0]},
        )
        rules = self.elb("DescribeRules", ListenerArn=arn(listener, "ListenerArn"))
        balancing = {"targetGroupArn": self.groups[0], "containerName": "app", "containerPort": 8080}
        configuration = {"strategy": strategy}
        if strategy == "BLUE_GREEN":
            configuration["bakeTimeInMinutes"] = 0
            balancing["advancedConfiguration"] = {
                "alternateTargetGroupArn": self.groups[1],
                "productionListenerRule": arn(rules, "RuleArn"),
                "roleArn": "arn:aws:iam::000000000000:role/ecs",
            }
        cloud.ecs(
            "CreateService",
            cluster=CLUSTER,
            serviceName=name,
            taskDefinition=self.register("v1"),
            desiredCount=TASKS,
            loadBalancers=[balancing],
            healthCheckGracePeriodSeconds=60,
            deploymentConfiguration=configuration,
        )
        self.await_stable()

    def elb(self, action, **parameters):
        body = urllib.parse.urlencode({"Action": action, "Version": "2015-12-01", **parameters}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.cloud._request("/", "elasticloadbalancing", headers, body).decode()

    def target_group(self, name):
        made = self.elb(
            "CreateTargetGroup",
            Name=name,
            Port=8080,
            Protocol="HTTP",
            TargetType="ip",
            HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
        )
        group = arn(made, "TargetGroupArn")
        delay = {"Attributes.member.1.Key": "deregistration_delay.timeout_seconds"}
        delay["Attributes.member.1.Value"] = DRAIN_SECONDS
        self.elb("ModifyTargetGroupAttributes", TargetGroupArn=group, **delay)
        return group

    def definition(self, version):
        container = {
            "name": "app",
            "image": self.cloud.env["BASE_IMAGE"],
            "memory": 128,
            "command": ["python3", "-c", APP],
            "environment": [{"name": "VERSION", "value": version}, {"name": "PORT", "value": "8080"}],
            "portMappings": [{"containerPort": 8080}],
            "stopTimeout": 10,
        }
        return {"family": self.name, "containerDefinitions": [container]}

    def register(self, version):
        made = self.cloud.ecs("RegisterTaskDefinition", **self.definition(version))
        return made["taskDefinition"]["taskDefinitionArn"]

    def roll_out(self, version):
        self.cloud.ecs("UpdateService", cluster=CLUSTER, service=self.name, taskDefinition=self.register(version))

    def describe(self):
        return self.cloud.ecs("DescribeServices", cluster=CLUSTER, services=[self.name])["services"][0]

    def tasks(self):
        arns = self.cloud.ecs("ListTasks", cluster=CLUSTER, serviceName=self.name)["taskArns"]
        return self.cloud.ecs("DescribeTasks", cluster=CLUSTER, tasks=arns)["tasks"] if arns else []

    def counted(self, target=None):
        """What the load balancer counted: of all requests, or of those to the target with a port."""
        listeners = json.loads(self.cloud._request("/_local/load-balancers", "local", {}))
        listener = next(one for one in listeners if one["port"] == self.port)
        targets = [one for one in listener["targets"] if one["port"] == target]
        return listener if target is None else targets[0] if targets else {}

    def await_stable(self):
        """Until one deployment is left, COMPLETED, and no task is stopping any more."""

        def stable():
            service = self.describe()
            deployments = service["deployments"]
            return (
                len(deployments) == 1
                and deployments[0]["rolloutState"] == "COMPLETED"
                and service["runningCount"] == TASKS
            )

        await_that(stable, f"service {self.name} is stable")


def arn(xml, name):
    return re.search(f"<{name}>([^<]+)</{name}>", xml).group(1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_that(holds, what):
    end = time.monotonic() + WAIT_SECONDS
    while not holds():
        require(time.monotonic() < end, f"not within {WAIT_SECONDS} s: {what}")
        time.sleep(0.2)


def require(held, otherwise):
    if not held:
        raise Unmet(otherwise)


def first_process(cloud, container):
    """A container's first process, as this machine knows it."""
    machine = dict(line.partition("=")[::2] for line in (ROOT / ".local/machine.env").read_text().splitlines())
    engine = machine["ENGINE"].strip("'")
    told = subprocess.run(
        [engine, "inspect", "--format", "{{.State.Pid}}", container],
        env=cloud.env,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(told.stdout)
