"""What ends a load: each exit code, with one line that says why; and what doesn't."""

import hashlib
import http.server
import json
import pickle
import sys
import threading
import urllib.request
from importlib import metadata

import pytest
from serving import BUCKET, VERSION
from sklearn.linear_model import LinearRegression

MODEL = LinearRegression().fit([[0.0], [1.0]], [1, 3])
PICKLE = pickle.dumps(MODEL)


@pytest.fixture
def ends(serve):
    """Start a server that must end, and check its exit code and its last line."""

    def check(code, *tells, **env):
        server = serve(**env)
        assert server.exit_code() == code, server.log
        line = server.lines[-1]
        assert line.startswith(f"model-to-ecs: exit {code}: "), server.log
        assert "Traceback" not in server.log
        for tell in tells:
            assert tell in line

    return check


def http_server(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


# ---- 70


def test_no_credentials(ends, store, tmp_path):
    store.publish("plain", {"model.pkl": PICKLE})
    ends(
        70, "no AWS credentials", "taskRoleArn",
        MODEL="plain@latest", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, HOME=str(tmp_path),
    )  # fmt: skip


def test_denied(refused):
    class Denying(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server, address = http_server(Denying)
    refused(70, "denied", "s3:ListBucket", "aliases/latest.json", MODEL="plain@latest", AWS_ENDPOINT_URL=address)
    server.shutdown()


# ---- 71


def test_not_found(refused, store):
    store.publish("plain", {"model.pkl": PICKLE})
    refused(71, "no alias 'prod'", f"s3://{BUCKET}/models/plain/aliases/prod.json", MODEL="plain@prod")
    refused(71, "no version '20200101T000000Z-00000000'", MODEL="plain@20200101T000000Z-00000000")
    refused(71, "no alias 'latest'", MODEL="nobody@latest")
    refused(71, "no bucket 'nowhere'", MODEL="plain@latest", MODEL_BUCKET="nowhere")


def test_a_file_that_is_gone(refused, store):
    store.publish("gone", {"model.pkl": PICKLE})
    store.s3.delete_object(Bucket=BUCKET, Key=f"models/gone/versions/{VERSION}/model.pkl")
    refused(71, "'model.pkl'", "not there", MODEL="gone@latest")


@pytest.mark.parametrize("model", ["iris", "iris@", "@latest", "Iris@latest", "iris@../x", "a/b@latest"])
def test_what_names_no_model(refused, model):
    refused(71, repr(model), "name@alias or name@version", MODEL=model)


def test_nothing_to_serve(refused):
    refused(71, "MODEL is not set")
    refused(71, "MODEL_BUCKET is not set", MODEL="plain@latest", MODEL_BUCKET="")


# ---- 72


def test_a_pinned_manifest_that_differs(refused, store):
    pinned = store.publish("pinned", {"model.pkl": PICKLE})
    store.publish("pinned", {"model.pkl": PICKLE}, document={"metrics": {"accuracy": 0.99}})
    refused(72, pinned, MODEL=f"pinned@{VERSION}", MODEL_SHA256=pinned)


def test_a_manifest_that_is_not_the_aliases(refused, store):
    store.publish("swapped", {"model.pkl": PICKLE})
    store.put("swapped/aliases/latest.json", json.dumps({"version": VERSION, "sha256": "0" * 64}))
    refused(72, "0" * 64, MODEL="swapped@latest")


def test_an_artifact_that_differs(refused, store):
    other = pickle.dumps(LinearRegression().fit([[0.0], [1.0]], [1, 4]))
    assert len(other) == len(PICKLE)
    store.publish("tampered", {"model.pkl": PICKLE}, stored={"model.pkl": other})
    refused(72, hashlib.sha256(other).hexdigest(), hashlib.sha256(PICKLE).hexdigest(), MODEL="tampered@latest")
    store.publish("longer", {"model.pkl": PICKLE}, stored={"model.pkl": PICKLE + b"x" * 10_000_000})
    refused(72, "not loaded", MODEL="longer@latest")
    store.publish("shorter", {"model.pkl": PICKLE}, stored={"model.pkl": PICKLE[:-1]})
    refused(72, "not loaded", MODEL="shorter@latest")


def test_a_manifest_of_another_model(refused, store):
    store.publish("one", {"model.pkl": PICKLE})
    content = store.s3.get_object(Bucket=BUCKET, Key=f"models/one/versions/{VERSION}/model.json")["Body"].read()
    store.put(f"other/versions/{VERSION}/model.json", content)
    refused(72, "describes one@", MODEL=f"other@{VERSION}")


@pytest.mark.parametrize("path", ["../model.pkl", "/etc/passwd", "a/../../b", ""])
def test_a_manifest_that_names_a_file_elsewhere(refused, store, path):
    entry = {"path": path, "sha256": "0" * 64, "bytes": 1}
    store.publish("escape", {"model.pkl": PICKLE}, document={"files": [entry]})
    refused(72, "not valid", MODEL="escape@latest")


def test_a_manifest_that_is_none(refused, store):
    store.put(f"broken/versions/{VERSION}/model.json", b"{oops")
    refused(72, "not valid", MODEL=f"broken@{VERSION}")
    store.put("broken/aliases/latest.json", b"[]")
    refused(72, "not an alias file", MODEL="broken@latest")


# ---- 74


@pytest.mark.parametrize(
    ("changes", "tells"),
    [
        ({"python": f"3.{sys.version_info.minor + 1}.0"}, "Python 3."),
        ({"libraries": {"scikit-learn": "0.24.2"}}, "scikit-learn 0.24.2"),
        ({"libraries": {"unheard-of": "1.0"}, "importDistributions": ["unheard-of"]}, "not installed"),
        ({"schemaVersion": 2}, "schemaVersion 2"),
    ],
)
def test_another_environment(refused, store, changes, tells):
    store.publish("elsewhere", {"model.pkl": PICKLE}, document=changes)
    refused(74, tells, MODEL="elsewhere@latest")


def test_another_patch_level_is_served(load, store):
    major, minor, _ = metadata.version("scikit-learn").split(".", 2)
    libraries = {"scikit-learn": f"{major}.{minor}.99", "torch": "1.0"}
    store.publish("near", {"model.pkl": PICKLE}, document={"libraries": libraries})
    assert load(MODEL="near@latest").name == "near"


# ---- 75


def test_no_room(refused, store):
    huge = [{"path": "model.pkl", "sha256": "0" * 64, "bytes": 1 << 60}]
    store.publish("huge", {"model.pkl": PICKLE}, document={"files": huge})
    refused(75, "ephemeralStorage", MODEL="huge@latest")


def test_no_memory(refused, store):
    """In memory a model takes its room twice: as a file and as an object."""
    with open("/proc/meminfo") as lines:
        available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    large = [{"path": "model.pkl", "sha256": "0" * 64, "bytes": int(available * 0.7)}]
    store.publish("large", {"model.pkl": PICKLE}, document={"files": large})
    refused(75, MODEL="large@latest", MODEL_CACHE="/dev/shm")


# ---- 1


def test_damaged_and_useless_artifacts(refused, store):
    store.publish("cut", {"model.pkl": PICKLE[:-20]})
    refused(1, "cannot be unpickled", MODEL="cut@latest")
    store.publish("empty", {"model.pkl": b""})
    refused(1, "cannot be unpickled", MODEL="empty@latest")


def test_nothing_that_predicts(ends, store):
    store.publish_object("list", [1, 2])
    ends(1, "without predict()", "app.py", MODEL="list@latest")


def test_a_store_that_cannot_be_reached(refused):
    refused(1, "failed", MODEL="plain@latest", AWS_ENDPOINT_URL="http://127.0.0.1:9")


# ---- how the process ends


def test_exit_codes(serve, store):
    """The others' way into the exit code of the process, one each, all started together."""
    store.publish("gone", {})
    store.publish("tampered", {"model.pkl": PICKLE}, stored={"model.pkl": PICKLE[:-1]})
    store.publish_object("sly", {"forbidden": http.server.BaseHTTPRequestHandler})
    store.publish("elsewhere", {"model.pkl": PICKLE}, document={"python": "2.7.18"})
    huge = {"files": [{"path": "model.pkl", "sha256": "0" * 64, "bytes": 1 << 60}]}
    store.publish("huge", {"model.pkl": PICKLE}, document=huge)
    expected = {"gone@prod": 71, "tampered@latest": 72, "sly@latest": 73, "elsewhere@latest": 74, "huge@latest": 75}
    servers = {model: serve(MODEL=model) for model in expected}
    assert {model: server.exit_code() for model, server in servers.items()} == expected
    for model, server in servers.items():
        assert server.lines[-1].startswith(f"model-to-ecs: exit {expected[model]}: "), server.log
        assert "Traceback" not in server.log


# ---- what is survived


def test_a_download_that_breaks_off_is_begun_again(load, store):
    content = pickle.dumps(LinearRegression().fit([[float(i)] for i in range(9)], range(9))) + b"\0" * 3_000_000
    store.publish("broken-off", {"model.pkl": content})
    broken = []

    class Breaking(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            headers = {"Authorization": self.headers["Authorization"]}
            with urllib.request.urlopen(urllib.request.Request(store.endpoint + self.path, headers=headers)) as answer:
                body = answer.read()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.path.endswith("model.pkl") and len(broken) < 2:
                broken.append(self.path)
                body = body[: len(body) // 2]
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    proxy, address = http_server(Breaking)
    model = load(MODEL="broken-off@latest", AWS_ENDPOINT_URL=address)
    assert model.object.predict([[3.0]]) == pytest.approx([3.0])
    assert len(broken) == 2
    proxy.shutdown()


def test_a_pinned_version(load, store):
    sha256 = store.publish("exact", {"model.pkl": PICKLE, "notes/a b.txt": b"x"})
    model = load(MODEL=f"exact@{VERSION}", MODEL_SHA256=sha256)
    assert (model.name, model.version, model.sha256) == ("exact", VERSION, sha256)
    assert model.metrics == {"accuracy": 0.97}
    assert model.files["notes/a b.txt"].read_bytes() == b"x"
    assert model.object.predict([[1.0]]) == pytest.approx([3.0])


def test_another_prefix(load, store):
    store.publish("deep", {"model.pkl": PICKLE})
    for key in (f"versions/{VERSION}/model.json", f"versions/{VERSION}/model.pkl", "aliases/latest.json"):
        source = {"Bucket": BUCKET, "Key": f"models/deep/{key}"}
        store.s3.copy_object(Bucket=BUCKET, Key=f"a/b/deep/{key}", CopySource=source)
        store.s3.delete_object(**source)
    assert load(MODEL="deep@latest", MODEL_PREFIX="/a/b/").name == "deep"
