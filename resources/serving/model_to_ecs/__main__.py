"""``python3 -m model_to_ecs``: load the model, then serve it with gunicorn."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback

from . import scratch
from .errors import ExitCode, LoadError
from .loader import load, say


def main() -> None:
    """Serve until SIGTERM. Exits with one of ExitCode's when the model or the app cannot be loaded."""
    # As the container's first process Python would ignore SIGTERM until gunicorn handles it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # Requests run side by side already; and a pool of OpenMP threads, once started, does not survive a fork.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        _share_metrics()
        _serve()
    except LoadError as error:
        say(f"exit {error.exit_code.value}: {error}")
        sys.exit(error.exit_code)
    except Exception as error:  # the app's own import can raise anything
        traceback.print_exc()
        say(f"exit {ExitCode.FAILED.value}: the app cannot be started: {type(error).__name__}: {error}")
        sys.exit(ExitCode.FAILED)


def _share_metrics() -> None:
    """Let the workers share their metrics; must come before prometheus_client is imported."""
    parent = scratch.shared()
    if parent is None:
        raise LoadError(ExitCode.NO_ROOM, "neither /dev/shm nor TMPDIR is writable; mount a tmpfs at /tmp")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(scratch.private(parent))


def _serve() -> None:
    # Before the app is imported: its own load() then finds the model there, and a failure has its exit code.
    model = load() if os.environ.get("MODEL") else None

    from . import discovery, stock
    from .server import Server

    app = discovery.find()
    if app is None:
        app = stock.create(model or load())
    gc.collect()
    gc.freeze()  # shared with the workers; collecting would copy its pages into each of them
    Server(app).run()


if __name__ == "__main__":
    main()
