"""The endpoints that an operator needs, for any Flask app."""

from __future__ import annotations

import os
import time
from typing import Any

from flask import Blueprint, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST

from . import instance, metrics
from .loader import loaded


def make() -> Blueprint:
    """A blueprint with GET /healthz, /readyz, /version and /metrics that measures all of the app's requests."""
    probes = Blueprint("model_to_ecs", __name__)
    probes.add_url_rule("/healthz", view_func=healthz)
    probes.add_url_rule("/readyz", view_func=readyz)
    probes.add_url_rule("/version", view_func=version)
    probes.add_url_rule("/metrics", "metrics", view_func=exposition)
    probes.before_app_request(_start)
    probes.after_app_request(_measure)
    return probes


def healthz() -> dict[str, Any]:
    """The process is up."""
    return {"status": "ok"}


def readyz() -> tuple[dict[str, Any], int]:
    """The model is loaded; an app that was given no model is ready when it is up."""
    if loaded() is None and os.environ.get("MODEL"):
        return {"status": "the model is not loaded"}, 503
    return {"status": "ready"}, 200


def version() -> dict[str, Any]:
    """What runs here."""
    return {
        "model": described(),
        "image": instance.image(),
        "task": instance.task(),
        "uptime": instance.uptime(),
    }


def described() -> dict[str, str] | None:
    """The loaded model's name, version and sha256, as each answer names it."""
    model = loaded()
    if model is None:
        return None
    return {"name": model.name, "version": model.version, "sha256": model.sha256}


def exposition() -> Response:
    """Prometheus' text format."""
    model = described()
    if model is not None:
        metrics.MODEL.labels(**model).set(1)
    return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _start() -> None:
    g.model_to_ecs_started = time.perf_counter()


def _measure(response: Response) -> Response:
    # The route, not the path: the number of label values stays small whatever is asked for.
    path = request.url_rule.rule if request.url_rule else "unknown"
    metrics.REQUESTS.labels(request.method, path, response.status_code).inc()
    started = g.get("model_to_ecs_started")
    if started is not None:
        metrics.SECONDS.labels(request.method, path).observe(time.perf_counter() - started)
    return response
