"""The server as a process: stopping under load, workers, metrics, apps of one's own, a read-only container."""

import http.client
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
import requests
from serving import VERSION
from sklearn.linear_model import LinearRegression

MODEL = LinearRegression().fit([[0.0], [1.0]], [1, 3])
BODY = json.dumps({"instances": [[2.0]]})

SLOW = """
import os, time
import model_to_ecs
from flask import Flask

model = model_to_ecs.load()
app = Flask(__name__)
app.register_blueprint(model_to_ecs.probes())

@app.post("/predict")
def predict():
    time.sleep(0.05)
    return {"version": model.version, "worker": os.getpid()}

@app.get("/slow")
def slow():
    time.sleep(2)
    return {"done": True}
"""


@pytest.fixture
def published(store):
    return store.publish_object("line", MODEL)


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


class Client(threading.Thread):
    """Sends requests, on one connection or on a new one each, until it is refused a connection."""

    def __init__(self, port, reuse):
        super().__init__(daemon=True)
        self.port, self.reuse = port, reuse
        self.answered, self.failures = 0, []

    def run(self):
        connection = None
        while True:
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                try:
                    connection.connect()
                except OSError:
                    return
            try:
                connection.request("POST", "/predict", BODY)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
            except Exception as error:
                self.failures.append(repr(error))
                return
            self.answered += 1
            if not self.reuse or answer.will_close:
                connection.close()
                connection = None


def test_a_stop_under_load_loses_no_request(serve, app, published):
    (app / "app.py").write_text(SLOW)
    server = serve(app, MODEL="line@latest", WEB_CONCURRENCY="2").ready()
    slow = []
    waiting = threading.Thread(target=lambda: slow.append(server.get("/slow")))
    clients = [Client(server.port, reuse) for reuse in (True, False) for _ in range(8)]
    for thread in (waiting, *clients):
        thread.start()
    while sum(client.answered for client in clients) < 200:
        time.sleep(0.05)
    server.process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join(20)
    waiting.join(20)
    assert [client.failures for client in clients if client.failures] == []
    assert [answer.json() for answer in slow] == [{"done": True}]
    assert server.exit_code() == 0


def test_a_stop_while_loading_ends_it(image, serve, app, published):
    (app / "app.py").write_text("import time, sys\nprint('importing', file=sys.stderr)\ntime.sleep(60)\n")
    server = serve(app)
    while "importing" not in server.log:
        assert server.process.poll() is None
        time.sleep(0.05)
    server.process.send_signal(signal.SIGTERM)
    assert server.exit_code() == 128 + signal.SIGTERM


def test_a_worker_is_stopped_before_it_listens_to_signals(serve, app, published):
    fork = "import os, sys, time\nos.register_at_fork(after_in_child=lambda: print('forked', file=sys.stderr) or time.sleep(1))\n"
    (app / "app.py").write_text(fork + SLOW)
    server = serve(app, MODEL="line@latest", WEB_CONCURRENCY="1", STOP_TIMEOUT="9")
    while "forked" not in server.log:
        assert server.process.poll() is None
        time.sleep(0.05)
    server.process.send_signal(signal.SIGTERM)
    assert server.exit_code() == 0
    assert "Worker exiting" in server.log  # it was not killed


def test_a_killed_worker_is_replaced(serve, app, published):
    (app / "app.py").write_text(SLOW)
    server = serve(app, MODEL="line@latest", WEB_CONCURRENCY="1").ready()
    first = server.predict(BODY).json()["worker"]
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            second = server.predict(BODY).json()["worker"]
            break
        except requests.ConnectionError:
            time.sleep(0.1)
    assert second != first
    assert server.log.count("loading line@") == 1  # once, before the fork


def test_metrics_count_all_workers(serve, published):
    server = serve(MODEL="line@latest", WEB_CONCURRENCY="3").ready()
    sent = 60
    for _ in range(sent):
        assert server.predict(BODY).status_code == 200  # a new connection each: by any worker
    server.predict("{")
    seen = {server.get("/metrics").text.count("# TYPE") for _ in range(10)}
    assert len(seen) == 1
    metrics = server.get("/metrics").text
    assert value(metrics, 'http_requests_total{method="POST",path="/predict",status="200"}') == sent
    assert value(metrics, 'http_requests_total{method="POST",path="/predict",status="400"}') == 1
    assert value(metrics, 'http_request_duration_seconds_count{method="POST",path="/predict"}') == sent + 1
    assert value(metrics, "model_predictions_total") == sent
    info = re.search(r"^model_info\{(.*)\} 1\.0$", metrics, re.MULTILINE)[1]
    assert f'version="{VERSION}"' in info and f'sha256="{published}"' in info


def value(metrics, series):
    for line in metrics.splitlines():
        if line.startswith(series + " "):
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"no {series} in\n{metrics}")


def test_connections_are_kept(serve, published):
    server = serve(MODEL="line@latest").ready()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    sockets = set()
    for _ in range(3):
        connection.request("POST", "/predict", BODY)
        answer = connection.getresponse()
        answer.read()
        sockets.add(connection.sock.getsockname())
        assert not answer.will_close
    assert len(sockets) == 1


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("wsgi.py", "application = Flask('one')\napplication.get('/who')(lambda: 'me')"),
        ("app.py", "def create_app():\n    app = Flask('one')\n    app.get('/who')(lambda: 'me')\n    return app"),
        ("app.py", "def make_app():\n    app = Flask('one')\n    app.get('/who')(lambda: 'me')\n    return app"),
        ("app/__init__.py", "from .web import app"),
    ],
)
def test_an_app_is_found_as_flask_finds_it(serve, app, file, source):
    (app / file).parent.mkdir(exist_ok=True)
    (app / file).write_text("from flask import Flask\n" + source)
    (app / file).with_name("web.py").write_text(
        "from flask import Flask\napp = Flask('w')\napp.get('/who')(lambda: 'me')\n"
    )
    server = serve(app)  # an app that needs no model is served without one
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            assert server.get("/who").text == "me"
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError(server.log)


@pytest.mark.parametrize(
    ("source", "code", "tells"),
    [
        ("x = 1", 1, "Failed to find Flask application"),
        ("import nowhere", 1, "nowhere"),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("import model_to_ecs\nmodel_to_ecs.load()", 71, "MODEL is not set"),
    ],
)
def test_an_app_that_cannot_start(serve, app, source, code, tells):
    (app / "app.py").write_text(source)
    server = serve(app)
    assert server.exit_code() == code
    assert tells in server.log


PROBED = """
import model_to_ecs
from flask import Flask

app = Flask(__name__)
app.register_blueprint(model_to_ecs.probes())
"""


def test_not_ready_before_the_model_is_loaded(image, app):
    (app / "app.py").write_text(PROBED)
    program = (
        "from app import app; c = app.test_client(); print(*(c.get(p).status_code for p in ('/readyz', '/healthz')))"
    )
    env = {"PYTHONPATH": str(image), "PYTHONDONTWRITEBYTECODE": "1", "MODEL": "line@latest"}
    done = subprocess.run([sys.executable, "-c", program], cwd=app, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["503", "200"]


def test_the_version_names_the_task(serve, app):
    """By ECS' task metadata endpoint."""
    task = "arn:aws:ecs:us-east-1:000000000000:task/demo/0123456789abcdef0123456789abcdef"
    document = {"Image": "registry/iris@sha256:2", "Labels": {"com.amazonaws.ecs.task-arn": task}}

    class Metadata(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

    endpoint = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    (app / "app.py").write_text(PROBED)
    uri = f"http://127.0.0.1:{endpoint.server_address[1]}/v4/1"
    version = serve(app, ECS_CONTAINER_METADATA_URI_V4=uri).ready().get("/version").json()
    endpoint.shutdown()
    assert (version["task"], version["image"], version["model"]) == (task, "registry/iris@sha256:2", None)


def contained(*mounts):
    """A shell that runs the rest of the command without privileges on a root that is read-only."""
    steps = ["mount --make-rprivate /", *mounts, "mount -o remount,bind,ro /"]
    script = " && ".join(steps) + ' && exec setpriv --reuid 12345 --regid 12345 --clear-groups "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def can_contain():
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
        return False
    command = [*contained(), sys.executable, "-c", "import flask"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not can_contain(), reason="needs root, unshare and setpriv")
@pytest.mark.parametrize(
    "mounts",
    [("mount -t tmpfs none /tmp",), ()],
    ids=["with /tmp", "/dev/shm alone"],
)
def test_a_read_only_root_as_any_user(image, store, published, mounts):
    from serving import Server

    visible = f"/run/model-to-ecs-test-{os.getpid()}"  # the tests' own files lie in /tmp, which is hidden
    os.makedirs(visible)
    try:
        shutil.copytree(image, f"{visible}/runtime")
        os.chmod(visible, 0o755)
        environment = {"MODEL": "line@latest", "HOME": "/nonexistent", "WEB_CONCURRENCY": "2"}
        server = Server(f"{visible}/runtime", store, visible, contained(*mounts), **environment)
        try:
            server.ready()
            assert server.predict(BODY).json()["predictions"] == [pytest.approx(5)]
            assert "model_info" in server.get("/metrics").text
        finally:
            server.stop()
        assert server.process.returncode == 0
    finally:
        shutil.rmtree(visible)
