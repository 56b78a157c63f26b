"""model.json: what a version consists of and what it was made with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .errors import ExitCode, LoadError

_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ModelFile:
    """One file of a version: its path below the version, its sha256 (hex) and its size."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """The parts of model.json that serving needs, and the sha256 of its exact bytes."""

    name: str
    version: str
    sha256: str
    files: tuple[ModelFile, ...]
    artifact: str
    python: str
    libraries: dict[str, str]
    imports: tuple[str, ...] | None
    import_distributions: tuple[str, ...]
    metrics: dict[str, Any]

    @classmethod
    def parse(cls, content: bytes, name: str, version: str, sha256: str | None) -> Manifest:
        """Check ``content`` against the pinned sha256 (if any), then read it.

        Raises LoadError 72 when the bytes are not the pinned ones or describe another model.
        """
        actual = hashlib.sha256(content).hexdigest()
        if sha256 is not None and actual != sha256.lower():
            raise LoadError(
                ExitCode.DIGEST_DIFFERS,
                f"model.json of {name}@{version} has sha256 {actual}, but {sha256} was pinned; it is not loaded",
            )
        try:
            document = json.loads(content)
            schema = document["schemaVersion"]
            if schema != _SCHEMA_VERSION:
                raise LoadError(
                    ExitCode.ENVIRONMENT_DIFFERS,
                    f"model.json of {name}@{version} has schemaVersion {schema},"
                    f" this image reads {_SCHEMA_VERSION}; build the image with the library that published the model",
                )
            manifest = cls(
                name=document["name"],
                version=document["version"],
                sha256=actual,
                files=tuple(_file(entry) for entry in document["files"]),
                artifact=document["artifact"],
                python=document.get("python") or "",
                libraries=dict(document.get("libraries") or {}),
                imports=None if document.get("imports") is None else tuple(document["imports"]),
                import_distributions=tuple(document.get("importDistributions") or ()),
                metrics=dict(document.get("metrics") or {}),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LoadError(
                ExitCode.DIGEST_DIFFERS, f"model.json of {name}@{version} is not valid: {error!r}"
            ) from error
        if (manifest.name, manifest.version) != (name, version):
            raise LoadError(
                ExitCode.DIGEST_DIFFERS,
                f"model.json of {name}@{version} describes {manifest.name}@{manifest.version}; it is not loaded",
            )
        return manifest

    @property
    def total_bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    def artifact_files(self) -> tuple[ModelFile, ...]:
        """The artifact itself, or what is in it where it is a folder."""
        return tuple(
            file for file in self.files if file.path == self.artifact or file.path.startswith(f"{self.artifact}/")
        )


def _file(entry: dict[str, Any]) -> ModelFile:
    path = entry["path"]
    pure = PurePosixPath(path)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\0" in path:
        raise ValueError(f"file path {path!r} leaves the version's folder")
    return ModelFile(str(pure), str(entry["sha256"]).lower(), int(entry["bytes"]))
