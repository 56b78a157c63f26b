import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))

from clients import Small, Tools  # noqa: E402
from local import Cloud  # noqa: E402


@pytest.fixture(scope="session")
def cloud():
    cloud = Cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture
def small(cloud):
    small = Small(cloud)
    yield small
    small.remove()


@pytest.fixture
def tools(cloud, tmp_path):
    return Tools(cloud, tmp_path)
