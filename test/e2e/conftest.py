"""The local cloud and a deployed service, shared by the tests of the whole flow."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from local import Cloud  # noqa: E402
from outside import Outside  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes long; run by a suite of test/long")


def pytest_collection_modifyitems(items):
    # the demo starts and stops this checkout's cloud itself, so it goes before those who share one
    items.sort(key=lambda item: item.path.name != "test_demo.py")


@pytest.fixture(scope="session")
def cloud():
    cloud = Cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture(scope="session")
def outside(cloud, tmp_path_factory):
    """A user's own folder, published and deployed by `make run`."""
    outside = Outside(tmp_path_factory.mktemp("a user's folder"), cloud)
    outside.create_service_address()
    outside.write_spec()
    built = outside.run()
    assert built.status == 0, built.log
    outside.image = built.image
    yield outside
    outside.remove()
