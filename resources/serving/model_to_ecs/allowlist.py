"""What a pickle may import, and how it may use it."""

from __future__ import annotations

import importlib
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import Any

from .errors import ExitCode, LoadError

SHIPPED = Path(__file__).parents[1] / "allowed-imports.txt"
# The names that today's pickle writes for Python 2 in protocols 0 to 2.
_PYTHON_2 = ("__builtin__", "copy_reg")


class Use(IntEnum):
    """What may be done with an import; each includes the ones before."""

    REFER = 0  # name it
    MAKE = 1  # make an object of it without calling it
    CALL = 2  # call it with arguments


class AllowList:
    """The imports a pickle may ask for: ``module.Name`` exactly, or ``module.*`` for all defined below a module."""

    def __init__(self, entries: Iterable[str], uses: dict[str, Use] | None = None) -> None:
        self._uses: dict[str, Use] = dict(uses or {})
        self._modules: set[str] = set()
        self._recorded: frozenset[str] | None = None
        for entry in entries:
            module, _, name = entry.rpartition(".")
            if not module or not name or "*" in module or (name != "*" and not name.isidentifier()):
                raise LoadError(
                    ExitCode.IMPORT_REFUSED,
                    f"MODEL_ALLOW has {entry!r}; expected package.module.Class or package.module.*",
                )
            if name == "*":
                self._modules.add(module)
            else:
                self._uses[entry] = Use.CALL

    @classmethod
    def with_extra(cls, extra: Iterable[str]) -> AllowList:
        """The list shipped with this runtime, plus ``extra`` entries, which may be used in any way."""
        uses = {}
        for line in SHIPPED.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                name, _, use = line.partition(" ")
                uses[name] = Use[use.upper()] if use else Use.MAKE
        return cls(extra, uses)

    def narrow(self, recorded: Iterable[str]) -> None:
        """Leave only what is also among ``recorded``: the imports that model.json names. It never allows more."""
        self._recorded = frozenset(recorded)

    def find(self, module: str, name: str) -> tuple[Any, Use]:
        """Import ``name`` of ``module`` if the list has it; tells how it may be used, too.

        Raises LoadError 73 if it hasn't, and 74 if this image lacks what the list allows.
        """
        written = f"{module}.{name}"
        if self._recorded is not None and written not in self._recorded:
            raise LoadError(
                ExitCode.IMPORT_REFUSED,
                f"the artifact imports {written}, which its model.json does not name: it is not what was scanned",
            )
        if module in _PYTHON_2:
            module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING[module], name))
        full = f"{module}.{name}"
        use = self._uses.get(full)
        if use is not None:
            return _resolve(module, name), use
        # A dotted name is followed from object to object, which may lead into other modules.
        if "." not in name and any(_below(module, allowed) for allowed in self._modules):
            found = _resolve(module, name)
            # What a module merely imported (os.system in a helper module, say) isn't its own.
            if any(_below(getattr(found, "__module__", None) or "", allowed) for allowed in self._modules):
                return found, Use.CALL
        raise LoadError(
            ExitCode.IMPORT_REFUSED,
            f"the artifact imports {full}, which is not on the allow-list;"
            f" if you trust it, allow {full} (scan allow when publishing, allow when building or deploying)",
        )


def _below(module: str, allowed: str) -> bool:
    return module == allowed or module.startswith(f"{allowed}.")


def _resolve(module: str, name: str) -> Any:
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found
    except (ImportError, AttributeError) as error:
        raise LoadError(
            ExitCode.ENVIRONMENT_DIFFERS,
            f"the artifact needs {module}.{name}, which this image does not have: {error}",
        ) from error
