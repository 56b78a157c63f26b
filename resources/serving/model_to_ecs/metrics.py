"""What Prometheus is told. Values are shared between workers where PROMETHEUS_MULTIPROC_DIR is set."""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("http_requests_total", "HTTP requests answered.", ("method", "path", "status"))
SECONDS = Histogram("http_request_duration_seconds", "Time from a request's arrival to its answer.", ("method", "path"))
PREDICTIONS = Counter("model_predictions_total", "Instances predicted.")
MODEL = Gauge(
    "model_info",
    "The model that is served (always 1).",
    ("name", "version", "sha256"),
    multiprocess_mode="max",
)


def exposition() -> bytes:
    """All metrics of all workers in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
