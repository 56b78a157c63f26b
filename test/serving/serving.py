"""The parts that the tests stand on: a model store on a real S3 API, and the server as a process."""

import hashlib
import json
import os
import pickle
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib import metadata
from pathlib import Path

import boto3
import requests

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
BUCKET = "models"
VERSION = "20261123T101500Z-1a2b3c4d"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


class Store:
    """Publishes as the engine does, into a bucket of a moto server."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self.s3.create_bucket(Bucket=BUCKET)

    def put(self, key, content):
        self.s3.put_object(Bucket=BUCKET, Key=f"models/{key}", Body=content)

    def publish(self, name, files, artifact="model.pkl", version=VERSION, alias="latest", stored=None, document=None):
        """Store a version and return its model.json's sha256.

        ``stored`` replaces what lies under a path, ``document`` entries of model.json.
        """
        manifest = {
            "schemaVersion": 1,
            "name": name,
            "version": version,
            "files": [
                {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
                for path, content in files.items()
            ],
            "artifact": artifact,
            "python": "{}.{}.{}".format(*sys.version_info),
            "libraries": {name: metadata.version(name) for name in ("scikit-learn", "numpy")},
            "importDistributions": ["scikit-learn", "numpy"],
            "metrics": {"accuracy": 0.97},
        } | (document or {})
        content = json.dumps(manifest).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        for path, body in (files | (stored or {})).items():
            self.put(f"{name}/versions/{version}/{path}", body)
        self.put(f"{name}/versions/{version}/model.json", content)
        self.put(f"{name}/aliases/{alias}.json", json.dumps({"version": version, "sha256": sha256, "order": 0}))
        return sha256

    def publish_object(self, name, model, **options):
        return self.publish(name, {"model.pkl": pickle.dumps(model)}, **options)


class Server:
    """``python3 -m model_to_ecs`` as an image runs it, on a free port of the loopback."""

    def __init__(self, image, store, app, arguments=(), **env):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = (
            inherited
            | KEYS
            | {
                "AWS_ENDPOINT_URL": store.endpoint,
                "AWS_EC2_METADATA_DISABLED": "true",
                "BIND_ADDRESS": "127.0.0.1",
                "MODEL_BUCKET": BUCKET,
                "PORT": str(port),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": str(image),
                "PYTHONUNBUFFERED": "1",
            }
            | env
        )
        self.env = {name: value for name, value in self.env.items() if value is not None}
        command = [*arguments, sys.executable, "-m", "model_to_ecs"]
        self.process = subprocess.Popen(
            command, cwd=app, env=self.env, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            sys.stderr.write(line)
            self.lines.append(line.rstrip())

    @property
    def log(self):
        return "\n".join(self.lines)

    def ready(self, seconds=60):
        """Wait until it answers; raise if it ends instead."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"exit {self.process.returncode}: {self.log}"
            try:
                if requests.get(self.url + "/readyz", timeout=5).status_code == 200:
                    return self
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError(f"not ready: {self.log}")

    def exit_code(self):
        code = self.process.wait(60)
        self._reader.join(10)
        return code

    def predict(self, body, **options):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        return requests.post(self.url + "/predict", data=body, timeout=30, **options)

    def get(self, path):
        return requests.get(self.url + path, timeout=30)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self._reader.join(10)


def make_image(folder):
    """The runtime as it lies in an image: the package, and the list of allowed imports beside it."""
    runtime = folder / "runtime"
    shutil.copytree(
        ROOT / "resources/serving/model_to_ecs",
        runtime / "model_to_ecs",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "resources/pickle/allowed-imports.txt", runtime)
    return runtime


def start_moto():
    """A moto server on a free port of the loopback; returns the process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in process.stdout:
        found = re.search(r"Running on (http://127\.0\.0\.1:\d+)", line)
        if found:
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return process, found[1]
    raise AssertionError("moto did not start")
