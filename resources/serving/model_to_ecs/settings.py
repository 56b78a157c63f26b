"""What the container was told through its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import ExitCode, LoadError
from .reference import ModelReference


@dataclass(frozen=True)
class Settings:
    """The loader's settings; credentials and an S3 endpoint are found by boto3's own rules."""

    model: ModelReference
    sha256: str | None
    bucket: str
    prefix: str
    region: str | None
    allow: tuple[str, ...]
    cache: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read MODEL, MODEL_SHA256, MODEL_BUCKET, MODEL_PREFIX, MODEL_REGION, MODEL_ALLOW, MODEL_CACHE."""
        return cls(
            model=ModelReference.parse(_required(environment, "MODEL", "iris@latest")),
            sha256=environment.get("MODEL_SHA256") or None,
            bucket=_required(environment, "MODEL_BUCKET", "my-models"),
            prefix=(environment.get("MODEL_PREFIX") or "models").strip("/"),
            region=environment.get("MODEL_REGION") or environment.get("AWS_REGION") or None,
            allow=tuple(entry.strip() for entry in environment.get("MODEL_ALLOW", "").split(",") if entry.strip()),
            cache=environment.get("MODEL_CACHE") or None,
        )


def _required(environment: Mapping[str, str], name: str, example: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise LoadError(ExitCode.NOT_FOUND, f"{name} is not set; set it, e.g. {name}={example}")
    return value
