"""The local cloud as the demo and the tests of the whole flow use it."""

import http.client
import json
import os
import shlex
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
INSTANCE = {"instances": [[6.1, 3.0, 4.9, 1.8]]}  # a virginica, which the first model takes for a versicolor


def post(url, body, timeout=10):
    """POSTs JSON and answers what comes back."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read())


class Unmet(Exception):
    """Something that had to hold didn't."""


def say(line):
    print(line, flush=True)


class Cloud:
    """The running local cloud, and the environment that a user of it sources."""

    def __init__(self, env):
        self.env = env

    @classmethod
    def start(cls, **more):
        # told to stop, this process removes what it made, as after Ctrl-C
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        subprocess.run([ROOT / "src/local-cloud/cloud", "start"], check=True)
        env = dict(os.environ)
        for line in (ROOT / ".local/cloud.env").read_text().splitlines():
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").partition("=")
                env[name] = "".join(shlex.split(value))
        env.update(more)
        return cls(env)

    def stop(self):
        subprocess.run([ROOT / "src/local-cloud/cloud", "stop"], check=True)

    def ecs(self, action, **body):
        """One call of the ECS API."""
        target = f"AmazonEC2ContainerServiceV20141113.{action}"
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        return json.loads(self._request("/", "ecs", headers, json.dumps(body).encode()))

    def s3_json(self, key):
        return json.loads(self._request(f"/{self.env['MODEL_BUCKET']}/{key}", "s3", {}))

    def client(self, service):
        """boto3's client, as any program that has sourced cloud.env would make it."""
        import boto3  # the demo does without

        return boto3.client(
            service,
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            region_name=self.env["AWS_REGION"],
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
        )

    def _request(self, path, service, headers, body=None):
        # The local cloud wants a credential, not a proof of it
        scope = f"{self.env['AWS_ACCESS_KEY_ID']}/20260101/{self.env['AWS_REGION']}/{service}/aws4_request"
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        request = urllib.request.Request(self.env["AWS_ENDPOINT_URL"] + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Unmet(f"{path} answered {error.code}: {error.read().decode(errors='replace')}") from error

    def url(self):
        return self.env["SERVICE_URL"]

    def predict(self):
        return post(self.url() + "/predict", INSTANCE)

    def remove_service(self, cluster, service):
        """Deletes a service with its tasks, if it is there, and waits until it is gone."""
        for _ in range(60):
            found = self.ecs("DescribeServices", cluster=cluster, services=[service])["services"]
            if not found or found[0]["status"] == "INACTIVE":
                return
            if found[0]["status"] == "ACTIVE":
                self.ecs("DeleteService", cluster=cluster, service=service, force=True)
            time.sleep(1)
        raise Unmet(f"service {cluster}/{service} could not be removed")


class Load:
    """A steady load of predictions over a few connections that are kept alive, while it is open."""

    def __init__(self, url, body=INSTANCE, clients=4, per_second=40):
        self.address = urlsplit(url)
        self.pause = clients / per_second
        self.body = json.dumps(body)
        self.sent = self.failed = 0
        self.first_failure = None
        self.versions = []
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def more(self, seconds):
        """Goes on for a while."""
        time.sleep(seconds)

    def _client(self):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=15)
        while not self.ended.is_set():
            failure = version = None
            try:
                connection.request("POST", "/predict", self.body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 200:
                    version = json.loads(text)["model"]["version"]
                else:
                    failure = f"{answer.status} {text[:200]!r}"
            except (OSError, http.client.HTTPException) as error:
                failure = repr(error)
                connection.close()
            self._count(version, failure)
            self.ended.wait(self.pause)
        connection.close()

    def _count(self, version, failure):
        with self.lock:
            self.sent += 1
            if failure:
                self.failed += 1
                self.first_failure = self.first_failure or failure
            elif version not in self.versions:
                self.versions.append(version)
