"""Where a model's files are put while the process lives: on disk, or in memory where nothing is writable."""

from __future__ import annotations

import os
from pathlib import Path

from . import capacity, scratch
from .errors import ExitCode, LoadError


class Cache:
    """A private folder for one model's files; it goes when the process that made it ends."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._in_memory: list[int] = []  # kept open: the files live as long as their descriptors

    @classmethod
    def make(cls, configured: str | None) -> Cache:
        """Make one in ``configured`` (MODEL_CACHE), else in TMPDIR or the system's temporary folder, else in memory."""
        for parent in filter(None, (configured, os.environ.get("TMPDIR"), "/tmp", "/var/tmp")):
            try:
                return cls(scratch.private(parent))
            except OSError:
                continue
        return cls(None)

    def require(self, needed: int) -> None:
        """Raise LoadError 75 unless ``needed`` bytes of files fit on the disk and, once loaded, into memory."""
        in_memory = self._folder is None or capacity.is_memory(self._folder)
        if self._folder is not None:
            free = capacity.free_disk(self._folder)
            if needed > free:
                raise LoadError(
                    ExitCode.NO_ROOM,
                    f"the model's files have {needed} bytes, {self._folder.parent} has {free} free;"
                    " raise ephemeralStorage, or set MODEL_CACHE to a larger volume",
                )
        memory = capacity.free_memory()
        total = needed * 2 if in_memory else needed
        if memory is not None and total > memory:
            where = " (the files and the loaded model: no disk is writable)" if in_memory else ""
            raise LoadError(
                ExitCode.NO_ROOM,
                f"the model needs at least {total} bytes of memory{where}, {memory} are free; raise the task's memory",
            )

    def path(self, relative: str) -> Path:
        """Where the file of that relative path goes; its folder is there."""
        if self._folder is None:
            descriptor = os.memfd_create(relative)
            self._in_memory.append(descriptor)
            return Path(f"/proc/self/fd/{descriptor}")
        path = self._folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
