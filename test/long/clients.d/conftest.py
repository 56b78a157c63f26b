import contextlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))

from clients import Small, Tools  # noqa: E402
from local import Cloud  # noqa: E402

PATIENCE_SECONDS = 90


class Clients(Tools):
    """What test/long/clients.d/install has got."""

    def need(self, program):
        if not Path(sys.executable).with_name(program).exists():
            pytest.skip(f"{program} can't be had on this machine: see what test/long/clients.d/install says")

    @contextlib.contextmanager
    def started(self, program, *arguments):
        """A program that goes on until the block is left, or for some time, and the lines that it prints meanwhile."""
        process = subprocess.Popen(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=self.folder, env=self.cloud.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        end = threading.Timer(PATIENCE_SECONDS, process.kill)
        end.start()
        try:
            yield process.stdout
        finally:
            end.cancel()
            process.kill()
            process.wait()


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
    return Clients(cloud, tmp_path)
