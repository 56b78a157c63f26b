"""A model of 2 GB on a read-only root, as any user, under a limit of memory."""

import hashlib
import json
import os
import pickle
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import boto3
import numpy
import pytest
from sklearn.linear_model import LinearRegression

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "test/serving"), str(ROOT / "test/e2e")]
from local import Cloud  # noqa: E402
from serving import VERSION, Server, make_image  # noqa: E402
from test_server import can_contain, contained  # noqa: E402

GIB = 1 << 30
LIMITS = Path("/sys/fs/cgroup/memory")  # version 1; in version 2 the limits of memory lie beside the others
pytestmark = [
    pytest.mark.skipif(not can_contain(), reason="needs root, unshare and setpriv"),
    pytest.mark.skipif(not LIMITS.is_dir(), reason="needs cgroups of version 1"),
]


@pytest.fixture(scope="module")
def cloud():
    ran = (ROOT / ".local/cloud.env").exists()
    cloud = Cloud.start()
    yield cloud
    if not ran:
        cloud.stop()


@pytest.fixture(scope="module")
def folder():
    """On a disk, and not below /tmp, which the server doesn't see."""
    folder = Path(tempfile.mkdtemp(prefix="model-to-ecs-big-", dir="/var/lib"))
    folder.chmod(0o755)
    make_image(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def model(cloud, folder):
    """y = 2 x + 1, and 2 GiB of zeros beside it."""
    model = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])
    model.ballast_ = numpy.zeros(2 * GIB // 8)
    file = folder / "model.pkl"
    with file.open("wb") as out:
        pickle.dump(model, out, protocol=5)
    del model
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    name = f"big-{os.getpid()}"
    document = {
        "schemaVersion": 1,
        "name": name,
        "version": VERSION,
        "files": [{"path": "model.pkl", "sha256": sha256, "bytes": file.stat().st_size}],
        "artifact": "model.pkl",
        "python": "{}.{}.{}".format(*sys.version_info),
        "libraries": {each: metadata.version(each) for each in ("scikit-learn", "numpy")},
        "importDistributions": ["scikit-learn", "numpy"],
    }
    s3 = boto3.client(
        "s3",
        endpoint_url=cloud.env["AWS_ENDPOINT_URL"],
        region_name=cloud.env["AWS_REGION"],
        aws_access_key_id=cloud.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=cloud.env["AWS_SECRET_ACCESS_KEY"],
    )
    bucket, key = cloud.env["MODEL_BUCKET"], f"models/{name}/versions/{VERSION}"
    s3.upload_file(str(file), bucket, f"{key}/model.pkl")
    file.unlink()
    s3.put_object(Bucket=bucket, Key=f"{key}/model.json", Body=json.dumps(document).encode())
    yield f"{name}@{VERSION}"
    for each in ("model.json", "model.pkl"):
        s3.delete_object(Bucket=bucket, Key=f"{key}/{each}")


@pytest.fixture
def serve(cloud, folder, model):
    """Starts a server with so much memory, and with a volume at /tmp or none; gives it and its peak of memory."""
    group = LIMITS / f"model-to-ecs-{os.getpid()}"
    group.mkdir()
    servers = []

    def start(memory, volume):
        (group / "memory.limit_in_bytes").write_text(str(memory))
        steps = [f"echo $$ >{group}/cgroup.procs", f"mount --bind {group} {LIMITS}"]
        if volume:
            (folder / "volume").mkdir(exist_ok=True)
            (folder / "volume").chmod(0o1777)
            steps.append(f"mount --bind {folder}/volume /tmp")
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "MODEL_BUCKET")
        env = {name: cloud.env[name] for name in names} | {"MODEL": model, "HOME": "/nonexistent"}
        cloud.endpoint = cloud.env["AWS_ENDPOINT_URL"]
        servers.append(Server(folder / "runtime", cloud, folder / "runtime", contained(*steps), **env))
        return servers[0]

    yield start
    for server in servers:
        server.stop()
    group.rmdir()


@pytest.mark.parametrize(
    "memory, volume", [(3 * GIB, True), (5 * GIB, False)], ids=["a writable volume", "nothing writable"]
)
def test_serves(serve, memory, volume):
    server = serve(memory, volume).ready(240)
    assert server.predict({"instances": [[2.0]]}).json()["predictions"] == [pytest.approx(5)]
    assert server.get("/readyz").status_code == 200


@pytest.mark.parametrize("memory, volume", [(3 * GIB, False), (GIB, True)], ids=["nothing writable", "a volume"])
def test_too_little_memory_is_said_before_it_is_fetched(serve, memory, volume):
    server = serve(memory, volume)
    assert server.exit_code() == 75
    assert "bytes of memory" in server.log and "raise the task's memory" in server.log
