"""Who is answering: the image, the task and how long it has been up."""

from __future__ import annotations

import json
import os
import socket
import time
import urllib.request
from functools import cache
from typing import Any

_STARTED = time.monotonic()
_TASK_LABEL = "com.amazonaws.ecs.task-arn"


def uptime() -> float:
    """Seconds since the server started; the same in each worker, as they are forked from it."""
    return round(time.monotonic() - _STARTED, 1)


def image() -> str | None:
    """The image that runs: IMAGE if set, else what ECS says."""
    return os.environ.get("IMAGE") or _metadata().get("Image")


def task() -> str:
    """The ECS task's ARN, or the host's name outside of ECS."""
    return _metadata().get("Labels", {}).get(_TASK_LABEL) or socket.gethostname()


@cache
def _metadata() -> dict[str, Any]:
    """The container's entry in the ECS task metadata endpoint, version 4; empty outside of ECS."""
    uri = os.environ.get("ECS_CONTAINER_METADATA_URI_V4")
    if not uri:
        return {}
    try:
        with urllib.request.urlopen(uri, timeout=2) as answer:
            document = json.load(answer)
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
