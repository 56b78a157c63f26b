"""One image, to each kind of registry: what other tools see of it, and that it serves."""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest
import requests
from sklearn.linear_model import LinearRegression

sys.path.insert(0, str(Path(__file__).parent))
from distribution import HTPASSWD, PASSWORD, ROOT, USER, Authority, Distribution, Tokens  # noqa: E402

sys.path[:0] = [str(ROOT / "test/serving"), str(ROOT / "test/e2e")]
from local import Cloud  # noqa: E402
from serving import Store  # noqa: E402

REPOSITORY = "team/line"
JENKINSFILE = """
node {
    checkout scm
    image = buildServingImage(%s)
    echo "built ${image.reference} with ${image.layersPushed} pushed"
}
"""
pytestmark = pytest.mark.skipif(not shutil.which("skopeo"), reason="needs skopeo")


@pytest.fixture(scope="module")
def cloud():
    ran = (ROOT / ".local/cloud.env").exists()
    cloud = Cloud.start()
    yield cloud
    if not ran:
        cloud.stop()


@pytest.fixture(scope="module")
def model(cloud):
    """y = 2 x + 1, in the local cloud's S3."""
    store = Store.__new__(Store)
    store.endpoint, store.s3 = cloud.env["AWS_ENDPOINT_URL"], cloud.client("s3")
    store.put = lambda key, content: store.s3.put_object(
        Bucket=cloud.env["MODEL_BUCKET"], Key=f"models/{key}", Body=content
    )
    store.publish_object("line", LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]))
    return "line@latest"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A repository that has no app of its own: the stock runtime serves."""
    folder = tmp_path_factory.mktemp("line")
    pins = [f"{name}=={metadata.version(name)}\n" for name in ("scikit-learn", "numpy")]  # the model's
    (folder / "requirements.txt").write_text("".join(pins))
    commit(folder)
    return folder


def commit(folder):
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)


class Place:
    """A registry, and what its users give to the step, to skopeo and to podman."""

    def __init__(self, host, arguments, login, ca=None):
        self.host, self.arguments, self.login, self.ca = host, arguments, login, ca

    def skopeo(self):
        return ["--creds", self.login, *(["--cert-dir", self.ca.folder] if self.ca else ["--tls-verify=false"])]


def ecr(cloud):
    """User and password of the local ECR."""
    answer = cloud.client("ecr").get_authorization_token()
    return base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()


@pytest.fixture(params=["password", "tokens", "private CA", "ECR"])
def place(request, cloud, tmp_path):
    if request.param == "ECR":
        yield Place(cloud.env["REGISTRY"], {"registry": "ecr"}, ecr(cloud))
        return
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    authority = Authority(certificates)
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    auth, tokens = f"htpasswd: {{realm: test, path: {tmp_path}/htpasswd}}", None
    if request.param == "tokens":
        tokens = Tokens(authority)
        auth = tokens.settings()
    tls = authority if request.param == "private CA" else None
    registry = Distribution(tmp_path, auth, tls)
    request.addfinalizer(registry.stop)
    arguments = {"registry": registry.host, "registryCredentialsId": "registry"}
    place = Place(registry.host, arguments, f"{USER}:{PASSWORD}", tls)
    to = [option.replace("--", "--dest-", 1) if isinstance(option, str) else option for option in place.skopeo()]
    base = f"{registry.host}/base/python:bookworm"
    source = ["--src-creds", ecr(cloud), "--src-tls-verify=false", f"docker://{cloud.env['BASE_IMAGE']}"]
    run("skopeo", "copy", "--quiet", *to, *source, f"docker://{base}", env=cloud.env)
    arguments["base"] = base
    yield place
    if tokens:
        assert tokens.given > 0
        tokens.stop()


def build(cloud, folder, place, work, **arguments):
    """The step in a Jenkinsfile, by the local runner."""
    given = {"repository": REPOSITORY, "requirements": "requirements.txt"} | place.arguments | arguments
    (folder / "Jenkinsfile").write_text(JENKINSFILE % ", ".join(f"{k}: {v!r}" for k, v in given.items() if v))
    credentials = work / "credentials.json"
    login = {"username": USER, "password": PASSWORD}
    credentials.write_text(json.dumps({"registry": login, "signing": {"secret": key(work)}}))
    env = cloud.env | ({"SSL_CERT_FILE": str(place.ca.ca)} if place.ca else {})
    command = [ROOT / "src/local-runner/run", "--repo", folder, "--credentials", credentials, "--job", "line"]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    assert PASSWORD not in done.stdout and "PRIVATE KEY" not in done.stdout
    return re.search(r"built (\S+)@(sha256:[0-9a-f]{64}) with (\d) pushed", done.stdout).groups()


def key(folder):
    """A private key that signs; the public one lies beside it."""
    file = folder / "signing.pem"
    if not file.exists():
        curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        run("openssl", "genpkey", *curve, "-out", file, env=os.environ)
        run("openssl", "pkey", "-in", file, "-pubout", "-out", folder / "signing.pub", env=os.environ)
    return file.read_text()


def verified(reference, place, folder, env):
    """What cosign says of an image's signature."""
    docker = folder / "docker"
    docker.mkdir(exist_ok=True)
    encoded = base64.b64encode(place.login.encode()).decode()
    (docker / "config.json").write_text(json.dumps({"auths": {place.host: {"auth": encoded}}}))
    command = ["cosign", "verify", "--key", folder / "signing.pub", "--insecure-ignore-tlog=true"]
    more = {"DOCKER_CONFIG": str(docker)} | ({"SSL_CERT_FILE": str(place.ca.ca)} if place.ca else {})
    insecure = [] if place.ca else ["--allow-insecure-registry", "--allow-http-registry"]
    return json.loads(run(*command, *insecure, reference, env=env | more))


def run(*command, env):
    done = subprocess.run([str(each) for each in command], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_others_see_the_same_and_it_serves(cloud, model, service, place, tmp_path):
    repository, digest, _ = build(cloud, service, place, tmp_path, tags=["v1"], signingCredentialsId="signing")
    assert repository == f"{place.host}/{REPOSITORY}"
    again = build(cloud, service, place, tmp_path, tags=["v1"], signingCredentialsId="signing")
    assert again == (repository, digest, "0")

    seen = json.loads(run("skopeo", "inspect", *place.skopeo(), f"docker://{repository}:v1", env=cloud.env))
    assert seen["Digest"] == digest
    assert json.loads(seen["Labels"]["io.modeltoecs.libraries"])["scikit-learn"] == metadata.version("scikit-learn")
    commit = run("git", "-C", service, "rev-parse", "HEAD", env=cloud.env).strip()
    assert seen["Labels"]["org.opencontainers.image.revision"] == commit

    reference = f"{repository}@{digest}"
    if shutil.which("cosign"):
        [signed] = verified(reference, place, tmp_path, cloud.env)
        assert signed["critical"]["image"]["docker-manifest-digest"] == digest
    run("podman", "pull", "--quiet", *place.skopeo(), reference, env=cloud.env)
    try:
        pulled = json.loads(run("podman", "image", "inspect", reference, env=cloud.env))[0]
        assert (pulled["Digest"], pulled["Labels"]) == (digest, seen["Labels"])
        assert serves(cloud, reference, model) == [pytest.approx(5)]
    finally:
        run("podman", "rmi", "--force", reference, env=cloud.env)


APP = """
import model_to_ecs
from flask import Flask, request

model = model_to_ecs.load()


def create_app():
    app = Flask(__name__)
    app.register_blueprint(model_to_ecs.probes())

    @app.post("/predict")
    def predict():
        return {"predictions": [float(each) for each in model.object.predict(request.get_json()["instances"])]}

    return app
"""
LAYOUTS = {
    "app.py with an app": {"app.py": APP + "\n\napp = create_app()\n"},
    "app.py with a factory": {"app.py": APP},
    "wsgi.py and a package": {
        "wsgi.py": "from line import create_app\n\napplication = create_app()\n",
        "line/__init__.py": APP,
    },
    "package app": {"app/__init__.py": "from .views import create_app\n", "app/views.py": APP},
    "wsgi.py and src": {
        "wsgi.py": "from line.web import create_app\n\napp = create_app()\n",
        "src/line/__init__.py": "",
        "src/line/web.py": APP,
    },
    "service in a folder": {
        "service/app.py": "from helper import APP as app\n",
        "service/helper.py": APP + "\n\nAPP = create_app()\n",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_own_apps_serve(cloud, model, service, layout, tmp_path):
    """Each layout of a repository that brings an app, as a container on a read-only root."""
    folder = tmp_path / "repository"
    folder.mkdir()
    shutil.copy(service / "requirements.txt", folder)
    for path, content in LAYOUTS[layout].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    commit(folder)
    place = Place(cloud.env["REGISTRY"], {"registry": "ecr", "repository": f"team/layout-{os.getpid()}"}, ecr(cloud))
    app = "service" if layout == "service in a folder" else None
    repository, digest, _ = build(cloud, folder, place, tmp_path, tags=["v1"], app=app)
    reference = f"{repository}@{digest}"
    run("podman", "pull", "--quiet", *place.skopeo(), reference, env=cloud.env)
    try:
        assert serves(cloud, reference, model) == [pytest.approx(5)]
    finally:
        run("podman", "rmi", "--force", reference, env=cloud.env)


def test_a_model_of_another_minor_is_refused_with_both_versions(cloud, model, tmp_path):
    """By buildServingImage, which then has made nothing in ECR; where a Dockerfile installs it, too."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "requirements.txt").write_text("scikit-learn==1.6.1\nnumpy==2.2.6\n")
    lines = [
        f"FROM {cloud.env['BASE_IMAGE']}",
        "RUN d=/usr/local/lib/python3.11/dist-packages/scikit_learn-1.6.1.dist-info && mkdir -p $d"
        " && printf 'Metadata-Version: 2.1\\nName: scikit-learn\\nVersion: 1.6.1\\n' >$d/METADATA",
    ]
    (folder / "Dockerfile").write_text("\n".join(lines))
    commit(folder)
    name = f"team/other-{os.getpid()}"
    place = Place(cloud.env["REGISTRY"], {"registry": "ecr", "repository": name}, ecr(cloud))
    made = metadata.version("scikit-learn")
    for arguments in ({}, {"requirements": None, "dockerfile": "Dockerfile"}):
        with pytest.raises(AssertionError) as failed:
            build(cloud, folder, place, tmp_path, model=model, tags=["v1"], **arguments)
        assert f"was made with scikit-learn {made}, but the image gets 1.6.1" in str(failed.value)
    registries = cloud.client("ecr").describe_repositories()["repositories"]
    assert name not in [each["repositoryName"] for each in registries]


def serves(cloud, reference, model):
    """What the container predicts, on a read-only root."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "MODEL_BUCKET")
    settings = {name: cloud.env[name] for name in names} | {"MODEL": model, "PORT": str(port)}
    name = f"model-to-ecs-registries-{os.getpid()}"
    options = [option for key in settings for option in ("--env", key)]
    run(
        "podman", "run", "--detach", "--name", name, "--read-only", "--network", "host", *options, reference,
        env=cloud.env | settings,
    )  # fmt: skip
    try:
        for _ in range(120):
            try:
                if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                    break
            except requests.ConnectionError:
                time.sleep(0.5)
        else:
            raise AssertionError(run("podman", "logs", name, env=cloud.env))
        answer = requests.post(f"http://127.0.0.1:{port}/predict", json={"instances": [[2.0]]}, timeout=10)
        return answer.json()["predictions"]
    finally:
        run("podman", "rm", "--force", "--time", "5", name, env=cloud.env)


def test_what_a_scan_finds_fails_the_step(cloud, service, tmp_path):
    """failOn, against the findings that the local ECR is told."""
    name = f"team/scanned-{os.getpid()}"
    place = Place(cloud.env["REGISTRY"], {"registry": "ecr", "repository": name}, None)
    severe = [{"name": "CVE-2026-0001", "severity": "CRITICAL", "uri": "https://example.org"}]
    build(cloud, service, place, tmp_path, failOn="CRITICAL")
    requests.post(
        cloud.env["AWS_ENDPOINT_URL"] + "/_local/scan-findings",
        json={"repositoryName": name, "findings": severe},
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential={cloud.env['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/local/"
            "aws4_request, SignedHeaders=host, Signature=0"
        },
        timeout=10,
    ).raise_for_status()
    with pytest.raises(AssertionError, match="CVE-2026-0001"):
        build(cloud, service, place, tmp_path, failOn="CRITICAL")
    cloud.client("ecr").delete_repository(repositoryName=name, force=True)


def test_a_repository_with_immutable_tags_keeps_them(cloud, service, tmp_path):
    """Made by others, so that the step isn't told: the same content is a success, other content an error."""
    folder = shutil.copytree(service, tmp_path / "repository")
    name = f"team/kept-{os.getpid()}"
    place = Place(cloud.env["REGISTRY"], {"registry": "ecr", "repository": name, "tags": ["v1"]}, None)
    cloud.client("ecr").create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    try:
        repository, digest, _ = build(cloud, folder, place, tmp_path)
        assert build(cloud, folder, place, tmp_path) == (repository, digest, "0")
        (folder / "more.txt").write_text("other content")
        commit(folder)
        told = rf"the tag 'v1' of {repository} names {digest}, not sha256:[0-9a-f]+, .*: give other 'tags'"
        with pytest.raises(AssertionError, match=told):
            build(cloud, folder, place, tmp_path)
    finally:
        cloud.client("ecr").delete_repository(repositoryName=name, force=True)


def test_a_dockerfile_on_the_local_base(cloud, tmp_path):
    """Built by the tool that is here; the same again pushes nothing."""
    folder = tmp_path / "repository"
    folder.mkdir()
    lines = [f"FROM {cloud.env['BASE_IMAGE']}", "ARG WORD", 'RUN echo "$WORD" >/word', 'CMD ["cat", "/word"]']
    (folder / "Dockerfile").write_text("\n".join(lines))
    commit(folder)
    name = f"team/docker-{os.getpid()}"
    arguments = {"registry": "ecr", "repository": name, "dockerfile": "Dockerfile"}
    place = Place(cloud.env["REGISTRY"], arguments, ecr(cloud))
    try:
        given = {"requirements": None, "buildArgs": Words(WORD="two words"), "tags": ["v1"]}
        repository, digest, pushed = build(cloud, folder, place, tmp_path, **given)
        assert int(pushed) > 0
        assert build(cloud, folder, place, tmp_path, **given) == (repository, digest, "0")
        reference = f"{repository}@{digest}"
        run("podman", "pull", "--quiet", *place.skopeo(), reference, env=cloud.env)
        try:
            assert run("podman", "run", "--rm", reference, env=cloud.env) == "two words\n"
        finally:
            run("podman", "rmi", "--force", reference, env=cloud.env)
    finally:
        cloud.client("ecr").delete_repository(repositoryName=name, force=True)


class Words(dict):
    """A map, as Groovy writes it."""

    def __repr__(self):
        return "[" + ", ".join(f"{key}: {value!r}" for key, value in self.items()) + "]"
