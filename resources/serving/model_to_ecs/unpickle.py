"""Unpickling through an allow-list: only named classes and functions are ever imported."""

from __future__ import annotations

import importlib
import inspect
import io
import pickle
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from .errors import ExitCode, LoadError

SHIPPED = Path(__file__).parents[1] / "allowed-imports.txt"
_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
# The names that today's pickle writes for Python 2 in protocols 0 to 2.
_PYTHON_2 = ("__builtin__", "copy_reg")
_SUFFIXES = {".pkl", ".pickle", ".joblib"}
_PROTO = b"\x80"  # the first opcode of protocols 2 and later
_COMPRESSED = (b"\x1f\x8b", b"\x78", b"BZh", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22\x4d\x18", b"ZF")


class AllowList:
    """The imports a pickle may ask for: ``module.Name`` exactly, or ``module.*`` for all defined below a module."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._modules: set[str] = set()
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
                self._names.add(entry)

    @classmethod
    def with_extra(cls, extra: Iterable[str]) -> AllowList:
        """The list shipped with this runtime, plus ``extra`` entries."""
        lines = SHIPPED.read_text(encoding="utf-8").splitlines()
        return cls([line for line in lines if line and not line.startswith("#")] + list(extra))

    def find(self, module: str, name: str) -> Any:
        """Import ``name`` of ``module`` if the list has it.

        Raises LoadError 73 if it hasn't, and 74 if this image lacks what the list allows.
        """
        if module in _PYTHON_2:
            module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING[module], name))
        full = f"{module}.{name}"
        if full in self._names:
            return _resolve(module, name)
        # A dotted name is followed from object to object, which may lead into other modules.
        if "." not in name and any(_below(module, allowed) for allowed in self._modules):
            found = _resolve(module, name)
            # What a module merely imported (os.system in a helper module, say) isn't its own.
            if any(_below(getattr(found, "__module__", None) or "", allowed) for allowed in self._modules):
                return found
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


class _WrittenByJoblib(Exception):
    """Raised where a stream turns out to hold raw arrays that only joblib can read."""


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, allowed: AllowList) -> None:
        super().__init__(file, fix_imports=False)
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" == _WRAPPER:
            raise _WrittenByJoblib
        return self._allowed.find(module, name)


def is_pickle(name: str, path: Path) -> bool:
    """Whether the file called ``name`` is to be unpickled: by its suffix, or by how it begins."""
    with open(path, "rb") as file:
        return Path(name).suffix in _SUFFIXES or file.read(1) == _PROTO


def unpickle(path: Path, allowed: AllowList) -> Any:
    """Unpickle a file written by pickle or joblib, compressed or not.

    Raises LoadError: 73 for an import that isn't allowed, 74 for one that isn't here, 75 out of memory.
    """
    try:
        with open(path, "rb") as file:
            if not file.peek(8).startswith(_COMPRESSED):
                try:
                    return _Unpickler(file, allowed).load()
                except _WrittenByJoblib:
                    file.seek(0)
            return _joblib_load(file, allowed)
    except MemoryError as error:
        raise LoadError(ExitCode.NO_ROOM, "memory ran out while unpickling; raise the task's memory") from error
    except LoadError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise LoadError(
            ExitCode.FAILED, f"the artifact cannot be unpickled: {type(error).__name__}: {error}"
        ) from error


def _joblib_load(file: io.BufferedReader, allowed: AllowList) -> Any:
    try:
        from joblib import numpy_pickle, numpy_pickle_utils
        from joblib.compressor import _COMPRESSORS
    except ImportError as error:
        raise LoadError(
            ExitCode.ENVIRONMENT_DIFFERS,
            f"the artifact was written by joblib, which this image does not have: {error}",
        ) from error

    class ArrayWrapper(numpy_pickle.NumpyArrayWrapper):  # type: ignore[misc]
        """Reads arrays of objects through the allow-list: older joblib uses a bare pickle.load for them."""

        def read_array(self, unpickler: Any, *args: Any) -> Any:
            if self.dtype.hasobject:
                return _Unpickler(unpickler.file_handle, allowed).load()
            return super().read_array(unpickler, *args)

    class Unpickler(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            return ArrayWrapper if f"{module}.{name}" == _WRAPPER else allowed.find(module, name)

    compressor = numpy_pickle_utils._detect_compressor(file)
    if compressor == "compat":
        raise LoadError(ExitCode.FAILED, "the artifact is in joblib's format from before 0.10; write it again")
    stream: Any = file
    if compressor in _COMPRESSORS:
        stream = io.BufferedReader(_COMPRESSORS[compressor].decompressor_file(file))
    parameters = inspect.signature(numpy_pickle.NumpyUnpickler).parameters
    native = {"ensure_native_byte_order": True} if "ensure_native_byte_order" in parameters else {}
    return Unpickler("", stream, **native).load()
