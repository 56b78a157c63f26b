"""Which model is meant: ``name@alias`` or ``name@version``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import ExitCode, LoadError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class ModelReference:
    """A model's name and either the alias or the version that was asked for."""

    name: str
    alias: str | None
    version: str | None

    @classmethod
    def parse(cls, text: str) -> ModelReference:
        """Read ``name@alias`` or ``name@version``; a version looks like 20261123T101500Z-1a2b3c4d."""
        name, _, target = text.partition("@")
        if not _NAME.fullmatch(name) or not _ALIAS.fullmatch(target):
            raise LoadError(
                ExitCode.NOT_FOUND,
                f"MODEL is {text!r}; expected name@alias or name@version,"
                " e.g. iris@latest or iris@20261123T101500Z-1a2b3c4d",
            )
        if _VERSION.fullmatch(target):
            return cls(name, None, target)
        return cls(name, target, None)
