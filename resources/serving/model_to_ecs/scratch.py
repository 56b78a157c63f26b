"""Folders for the process' own files."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def shared() -> str | None:
    """Where small files that processes share go: /dev/shm if it is writable, else the temporary folder, else None."""
    for candidate in ("/dev/shm", None):
        try:
            with tempfile.TemporaryFile(dir=candidate):
                return candidate or tempfile.gettempdir()
        except OSError:
            continue
    return None


def private(parent: str) -> Path:
    """Make a folder that only this user may enter and that goes when this process ends.

    Raises OSError when ``parent`` is not writable.
    """
    folder = Path(tempfile.mkdtemp(prefix="model-to-ecs-", dir=parent))
    owner = os.getpid()  # forked workers run exit handlers, too

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder
