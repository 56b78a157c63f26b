import os
import sys

import pytest
from serving import BUCKET, KEYS, Server, Store, make_image, start_moto


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """The runtime as it lies in an image; the tests' own process imports it from there, too."""
    image = make_image(tmp_path_factory.mktemp("image"))
    sys.path.insert(0, str(image))
    return image


@pytest.fixture(scope="session")
def store():
    process, endpoint = start_moto()
    yield Store(endpoint)
    process.terminate()
    process.wait()


@pytest.fixture
def serve(image, store, tmp_path):
    """Start servers, in an empty folder unless an app is given, and stop them after the test."""
    servers = []
    empty = tmp_path / "empty"
    empty.mkdir()

    def start(app=empty, **options):
        server = Server(image, store, app, **options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def load(image, store, monkeypatch):
    """Call ``model_to_ecs.load()`` in the tests' process, with an environment of its own."""
    import model_to_ecs
    from model_to_ecs import loader

    def call(**env):
        settings = KEYS | {"AWS_ENDPOINT_URL": store.endpoint, "MODEL_BUCKET": BUCKET} | env
        for name in [name for name in os.environ if name.startswith(("MODEL", "AWS_"))]:
            monkeypatch.delenv(name)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(loader, "_loaded", None)
        return model_to_ecs.load()

    return call


@pytest.fixture
def refused(load):
    """Check that a load is refused with that exit code and a message that tells ..."""
    from model_to_ecs import LoadError

    def check(code, *tells, **env):
        with pytest.raises(LoadError) as raised:
            load(**env)
        assert raised.value.exit_code == code, raised.value
        for tell in tells:
            assert tell in str(raised.value)

    return check
