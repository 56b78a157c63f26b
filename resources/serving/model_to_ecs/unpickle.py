"""Unpickling through an allow-list: only named classes and functions are ever imported."""

from __future__ import annotations

import inspect
import io
from pathlib import Path
from typing import Any, BinaryIO

from .allowlist import AllowList, Use
from .errors import ExitCode, LoadError
from .guard import Guard, refuse

_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_SUFFIXES = {".pkl", ".pickle", ".joblib"}
_PROTO = b"\x80"  # the first opcode of protocols 2 and later
_COMPRESSED = (b"\x1f\x8b", b"\x78", b"BZh", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22\x4d\x18", b"ZF")


class _WrittenByJoblib(Exception):
    """Raised where a stream turns out to hold raw arrays that only joblib can read."""


class _Unpickler(Guard):
    def __init__(self, file: BinaryIO, allowed: AllowList) -> None:
        super().__init__(file, fix_imports=False)
        self.guard(allowed)

    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" == _WRAPPER:
            raise _WrittenByJoblib
        return super().find_class(module, name)


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
            plain = type(self.shape) is tuple and all(type(length) is int for length in self.shape)
            if not plain or not isinstance(self.dtype, unpickler.np.dtype) or not isinstance(self.subclass, type):
                raise refuse("has an array of joblib without a plain shape and dtype")
            if self.dtype.hasobject:
                return _Unpickler(unpickler.file_handle, allowed).load()
            return super().read_array(unpickler, *args)

    class Unpickler(Guard, numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            found = super().find_class(module, name)
            return self.note(ArrayWrapper, Use.MAKE, module, name) if f"{module}.{name}" == _WRAPPER else found

    compressor = numpy_pickle_utils._detect_compressor(file)
    if compressor == "compat":
        raise LoadError(ExitCode.FAILED, "the artifact is in joblib's format from before 0.10; write it again")
    stream: Any = file
    if compressor in _COMPRESSORS:
        stream = io.BufferedReader(_COMPRESSORS[compressor].decompressor_file(file))
    parameters = inspect.signature(numpy_pickle.NumpyUnpickler).parameters
    native = {"ensure_native_byte_order": True} if "ensure_native_byte_order" in parameters else {}
    unpickler = Unpickler("", stream, **native)
    unpickler.guard(allowed)
    return unpickler.load()
