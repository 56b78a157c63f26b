"""Serves a model from the model store, or loads it for an app of your own.

>>> import model_to_ecs
>>> model = model_to_ecs.load()
>>> app.register_blueprint(model_to_ecs.probes())
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import ExitCode, LoadError
from .loader import LoadedModel, load

if TYPE_CHECKING:
    from flask import Blueprint

__all__ = ["ExitCode", "LoadError", "LoadedModel", "load", "probes"]


def probes() -> Blueprint:
    """A blueprint with GET /healthz, /readyz, /version and /metrics; it also measures the app's requests."""
    # Imported here: prometheus_client decides on import whether several processes share its values.
    from .blueprint import make

    return make()
