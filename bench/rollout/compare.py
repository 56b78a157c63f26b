"""Rolls one service of 4 real tasks under load from version to version, each time with another tool.

For each: the seconds from ECS's own word that the deployment has completed until the tool ends, the calls of the API
that it made (counted by a proxy before the endpoint), and the requests that were lost. All in one run on one machine,
so that the ratios count, not the figures. Arguments: names of tools; default: all that are installed.
"""

import collections
import http.client
import json
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test/long"), str(ROOT / "test/e2e")]
from local import Cloud, Unmet, say  # noqa: E402
from service import CLUSTER, TASKS, Load, Service  # noqa: E402

OURS = "deployToEcs"
TIMEOUT_SECONDS = 400


class Counter(ThreadingHTTPServer):
    """Hands each request on to the endpoint and counts it by its action."""

    daemon_threads = True

    def __init__(self, endpoint):
        self.target = urlsplit(endpoint)
        self.calls = collections.Counter()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = dict(pair.partition("=")[::2] for pair in body.decode(errors="replace").split("&"))
        action = self.headers.get("X-Amz-Target", "").rpartition(".")[2] or form.get("Action", "other")
        self.server.calls[action] += 1
        self.pass_on(body)

    def do_GET(self):
        self.pass_on(None)

    do_HEAD = do_PUT = do_GET

    def pass_on(self, body):
        target = self.server.target
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        text = answer.read()
        self.send_response(answer.status)
        for name in ("Content-Type", "x-amzn-RequestId", "ETag"):
            if answer.getheader(name):
                self.send_header(name, answer.getheader(name))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        connection.close()

    def log_message(self, *args):
        pass


def program(name):
    return Path(sys.executable).with_name(name)


def ours(service, version, folder):
    classes = f"{ROOT}/src/engine/target/classes:{(ROOT / 'src/local-runner/target/classpath').read_text().strip()}"
    source = str(ROOT / "test/long/watched.d/WatchedRollout.java")
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", classes, source, f"{folder}/state"]
    return command + [f"cluster={CLUSTER}", f"service={service.name}", "force=true", f"env.VERSION={version}"]


def aws_wait(service, version, folder):
    aws = program("aws")
    arn = service.register(version)  # by the cloud itself: not counted
    where = f"--cluster {CLUSTER}"
    return [
        "sh",
        "-ec",
        f"{aws} ecs update-service {where} --service {service.name} --task-definition {arn} > /dev/null\n"
        f"{aws} ecs wait services-stable {where} --services {service.name}",
    ]


def ecs_deploy(service, version, folder):
    command = [program("ecs"), "deploy", CLUSTER, service.name, "-e", "app", "VERSION", version]
    return command + ["--timeout", str(TIMEOUT_SECONDS), "--no-deregister"]


def deployfish(service, version, folder):
    container = service.definition(version)["containerDefinitions"][0]
    described = {
        "name": service.name,
        "environment": "bench",
        "cluster": CLUSTER,
        "count": TASKS,
        "family": service.name,
        "network_mode": "bridge",
        "maximum_percent": 200,
        "minimum_healthy_percent": 100,
        "load_balancer": {
            "target_group_arn": service.groups[0],
            "container_name": container["name"],
            "container_port": 8080,
        },
        "containers": [
            {
                "name": container["name"],
                "image": container["image"],
                "memory": container["memory"],
                "cpu": 0,
                "command": shlex.join(container["command"]),
                "environment": [f"{v['name']}={v['value']}" for v in container["environment"]],
                "ports": ["8080"],
            }
        ],
    }
    Path(folder, "deployfish.yml").write_text(json.dumps({"services": [described]}))
    return [program("deploy"), "update", service.name]


def ecspresso(service, version, folder):
    Path(folder, "definition.json").write_text(json.dumps(service.definition(version)))
    configuration = {
        "region": service.cloud.env["AWS_REGION"],
        "cluster": CLUSTER,
        "service": service.name,
        "task_definition": "definition.json",
    }
    Path(folder, "ecspresso.yml").write_text(json.dumps(configuration))
    return [program("ecspresso"), "deploy"]


# what each is started with, and the program that has to be there
TOOLS = {
    OURS: (ours, "python"),
    "aws ecs wait services-stable": (aws_wait, "aws"),
    "ecs-deploy": (ecs_deploy, "ecs"),
    "deployfish": (deployfish, "deploy"),
    "ecspresso": (ecspresso, "ecspresso"),
}


class Observer:
    """When ECS says that a deployment of the service that wasn't there before has completed."""

    def __init__(self, service):
        self.service = service
        self.before = {d["id"] for d in service.describe()["deployments"]}
        self.completed = None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while not self.ended.wait(0.1) and not self.completed:
            primary = self.service.describe()["deployments"][0]
            if primary["id"] not in self.before and primary["rolloutState"] == "COMPLETED":
                self.completed = time.monotonic()


def roll(cloud, service, tool, version):
    make, _ = TOOLS[tool]
    counter = Counter(cloud.env["AWS_ENDPOINT_URL"])
    with tempfile.TemporaryDirectory() as folder, Load(service.port) as load:
        command = make(service, version, folder)
        observer = Observer(service)
        env = dict(cloud.env, AWS_ENDPOINT_URL=counter.url, AWS_DEFAULT_REGION=cloud.env["AWS_REGION"])
        began = time.monotonic()
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
        ended = time.monotonic()
        if done.returncode:
            raise Unmet(f"{tool} failed: {(done.stdout + done.stderr)[-800:]}")
        while not observer.completed and time.monotonic() < ended + 120:
            time.sleep(0.1)
        observer.ended.set()
        service.await_stable()
        time.sleep(2)
        answering = load.versions(time.monotonic() - 1)
        if answering != {version}:
            raise Unmet(f"{tool} ended well, but {answering} answers")
    counter.shutdown()
    after = ended - observer.completed
    say(f"  {tool}: {after:+.1f} s after completion, {ended - began:.0f} s in all, {dict(counter.calls)}; {load.figures()}")
    return tool, after, sum(counter.calls.values()), len(load.failed())


def main():
    ran = (ROOT / ".local/cloud.env").exists()
    cloud = Cloud.start()
    service, rows = None, []
    wanted = sys.argv[1:] or [tool for tool, (_, name) in TOOLS.items() if program(name).exists()]
    try:
        service = Service(cloud, f"bench-{os.getpid()}", "ROLLING")
        for number, tool in enumerate(wanted, 2):
            try:
                rows.append(roll(cloud, service, tool, f"v{number}"))
            except (Unmet, subprocess.TimeoutExpired) as unmet:
                say(f"  {tool}: no figures: {unmet}")
                service.await_stable()
    finally:
        if service:
            cloud.remove_service(CLUSTER, service.name)
        if not ran:
            cloud.stop()
    own = next((row for row in rows if row[0] == OURS), None)
    say("| tool | seconds after completion | times ours | API calls | times ours | requests lost |")
    say("| --- | --- | --- | --- | --- | --- |")
    for tool, after, calls, lost in rows:
        times = (f"{after / own[1]:.1f}", f"{calls / own[2]:.1f}") if own else ("", "")
        say(f"| {tool} | {after:.1f} | {times[0]} | {calls} | {times[1]} | {lost} |")


if __name__ == "__main__":
    main()
