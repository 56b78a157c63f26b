"""gunicorn's settings. Read after the model is loaded: the number of workers depends on its size."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from model_to_ecs import capacity, scratch

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

_ALB_IDLE_SECONDS = 60
_ECS_STOP_TIMEOUT = 30


def _workers() -> int:
    """One per CPU, as long as each could hold a copy of its own: reading an object writes its reference count."""
    if "WEB_CONCURRENCY" in os.environ:
        return int(os.environ["WEB_CONCURRENCY"])
    memory = capacity.free_memory()
    fitting = capacity.cpus() if memory is None else int(memory * 0.8) // capacity.resident_memory()
    return max(1, min(capacity.cpus(), fitting))


bind = f"{os.environ.get('BIND_ADDRESS', '0.0.0.0')}:{os.environ.get('PORT', '8080')}"
worker_class = "model_to_ecs.worker.DrainingWorker"
workers = _workers()
threads = 4  # health checks are answered while predictions run
preload_app = True
keepalive = _ALB_IDLE_SECONDS + 15  # the load balancer closes an idle connection, never this side
graceful_timeout = max(1, int(os.environ.get("STOP_TIMEOUT") or _ECS_STOP_TIMEOUT) - 5)
worker_tmp_dir = scratch.shared()
control_socket_disable = True  # it would be a file in the home directory


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Stop a worker that was told to before it could hear it.

    Until a worker sets its own handlers it has the arbiter's, which only queue the signal. gunicorn sends one stop: a
    worker that missed it would go on until it is killed, with the requests that it has then.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while not server.SIG_QUEUE.empty():
        if server.SIG_QUEUE.get_nowait() == signal.SIGTERM:
            sys.exit(0)
