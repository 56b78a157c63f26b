"""Loading the model that the environment names: resolve, verify, then unpickle."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import environment
from .allowlist import AllowList
from .cache import Cache
from .errors import ExitCode, LoadError
from .manifest import Manifest
from .settings import Settings
from .store import ModelStore
from .unpickle import is_pickle, unpickle


@dataclass(frozen=True)
class LoadedModel:
    """A model that was verified and loaded.

    ``object`` is the unpickled model (None where the artifact is no pickle, or a folder with several),
    ``sha256`` the one of its model.json, ``files`` maps each file's path in the version to where it lies here.
    """

    object: Any
    name: str
    version: str
    sha256: str
    metrics: Mapping[str, Any]
    files: Mapping[str, Path]


_lock = threading.Lock()
_loaded: LoadedModel | None = None
_cache: Cache | None = None  # kept: files in memory live as long as it does


def load() -> LoadedModel:
    """Load the model that MODEL names, once per process; later calls return the same.

    Raises LoadError, whose ``exit_code`` says why.
    """
    global _loaded
    with _lock:
        if _loaded is None:
            _loaded = _load(Settings.of())
        return _loaded


def loaded() -> LoadedModel | None:
    """The model that ``load()`` loaded, or None."""
    return _loaded


def _load(settings: Settings) -> LoadedModel:
    global _cache
    started = time.monotonic()
    store = ModelStore(settings)
    name, version, sha256 = settings.model.name, settings.model.version, settings.sha256
    if version is None:
        alias = store.alias(name, str(settings.model.alias))
        version, sha256 = alias.version, sha256 or alias.sha256
    manifest = Manifest.parse(store.manifest(name, version), name, version, sha256)
    environment.check(manifest)
    allowed = AllowList.with_extra(settings.allow)
    if manifest.imports is not None:
        allowed.narrow(manifest.imports)
    _cache = Cache.make(settings.cache)
    _cache.require(manifest.total_bytes)
    say(f"loading {name}@{version}, {manifest.total_bytes} bytes from s3://{settings.bucket}")
    files: dict[str, Path] = {}
    for file in manifest.files:
        files[file.path] = _cache.path(file.path)
        try:
            store.download(name, version, file, files[file.path])
        except OSError as error:
            raise LoadError(
                ExitCode.NO_ROOM, f"{file.path!r} cannot be written to {files[file.path].parent}: {error}"
            ) from error
    pickles = [f.path for f in manifest.artifact_files() if is_pickle(f.path, files[f.path])]
    model = unpickle(files[pickles[0]], allowed) if len(pickles) == 1 else None
    say(f"loaded {name}@{version} (sha256 {manifest.sha256}) in {time.monotonic() - started:.1f} s")
    return LoadedModel(model, name, version, manifest.sha256, manifest.metrics, files)


def say(line: str) -> None:
    """Tell the container's log one thing."""
    print(f"model-to-ecs: {line}", file=sys.stderr, flush=True)
