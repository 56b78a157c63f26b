"""An unpickler that does only what pickles of models do: a list of imports alone leaves ways to call more than it names.

It is written in Python, as joblib's own is: CPython's in C calls whatever lies on its stack.
"""

from __future__ import annotations

import collections
import math
import pickle
from collections.abc import Iterable
from typing import Any

from .allowlist import AllowList, Use
from .errors import ExitCode, LoadError

_COPYREG = {"copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__"}
_BASES = (object, bytearray, bytes, complex, dict, float, frozenset, int, list, set, str, tuple)
# Functions that call what they are given: it has to be of the same library.
_CALL_ARGUMENTS = {
    "numpy.random._pickle.": "numpy.random.",
    "numpy.ma.core._mareconstruct": "numpy.",
    "pandas.core.indexes.": "pandas.",
}
_SCORERS = ("sklearn.metrics._scorer.", "sklearn.model_selection._classification_threshold._CurveScorer")
_RESPONSE_METHODS = {"default", "predict", "predict_proba", "predict_log_proba", "decision_function", "transform"}
# numpy's flags of a dtype: those that make pointers of an element, and all that object has
_POINTERS = 7
_OF_OBJECT = 63
_PIECE = 1 << 20


def _fits(dtype: Any, subarray: Any, names: Any, fields: Any) -> bool:
    """Whether a subarray or fields are within an element, and hold no objects."""
    kind = type(dtype).__mro__[-2]
    if subarray is not None:
        base, shape = subarray if type(subarray) is tuple and len(subarray) == 2 else (None, ())
        lengths = shape if type(shape) is tuple else (shape,)
        return (
            fields is None
            and isinstance(base, kind)
            and not base.hasobject
            and all(type(length) is int and length >= 0 for length in lengths)
            and base.itemsize * math.prod(lengths) == dtype.itemsize
        )
    if fields is None:
        return names is None
    if type(fields) is not dict or type(names) is not tuple or not set(names) <= set(fields):
        return False
    return all(
        type(field) is tuple
        and len(field) in (2, 3)
        and isinstance(field[0], kind)
        and not field[0].hasobject
        and type(field[1]) is int
        and 0 <= field[1] <= dtype.itemsize - field[0].itemsize
        for field in fields.values()
    )


def refuse(what: str) -> LoadError:
    """The error for a pickle that does something models don't."""
    return LoadError(ExitCode.IMPORT_REFUSED, f"the artifact {what}, which no pickle of a model does; it is not loaded")


def _refuse_planted(keys: Iterable[Any], cls: type) -> None:
    for key in keys:
        if isinstance(key, str) and key.startswith("__") and key.endswith("__"):
            raise refuse(f"plants {str(key)!r} in a {cls.__module__}.{cls.__qualname__}")


class Guard(pickle._Unpickler):  # type: ignore[name-defined,misc]
    """Calls only imports that are allowed to be called; sets the state of an object that it has just made, once.

    A mix-in too: ``class Mine(Guard, Other)`` where Other is an unpickler written in Python.
    """

    allowed: AllowList

    def guard(self, allowed: AllowList) -> None:
        """Has to be called before ``load``."""
        self.allowed = allowed
        self._imported: dict[int, tuple[Any, Use, str]] = {}  # by identity; the object is kept, so that it stays one
        self._made: dict[int, Any] = {}
        self._states: dict[int, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        found, use = self.allowed.find(module, name)
        return self.note(found, use, module, name)

    def note(self, found: Any, use: Use, module: str, name: str) -> Any:
        """Remember what an import may be used for."""
        _, before, _ = self._imported.get(id(found), (None, use, ""))
        module = {"copy_reg": "copyreg", "__builtin__": "builtins"}.get(module, module)
        self._imported[id(found)] = (found, max(use, before), f"{module}.{name}")
        return found

    def persistent_load(self, pid: Any) -> Any:
        raise refuse("refers to something outside itself (a persistent id)")

    def get_extension(self, code: int) -> Any:
        raise refuse("imports something by an extension code")

    def _check_use(self, callable: Any, use: Use, arguments: Any) -> None:
        _, allowed, full = self._imported.get(id(callable), (None, None, ""))
        if allowed is None:
            raise refuse("calls something that it did not import")
        if allowed < use:
            raise refuse(f"calls {full}")
        if type(arguments) is not tuple:
            raise refuse(f"calls {full} with something other than a tuple")
        if full in _COPYREG:
            base = arguments[1] if full == "copyreg._reconstructor" and len(arguments) > 1 else object
            if not arguments or not any(base is harmless for harmless in _BASES):
                raise refuse(f"calls {full} with another base")
            self._check_use(arguments[0], Use.MAKE, ())
        elif full == "_codecs.encode" and arguments[1:] not in (("latin1",), ("latin-1",)):
            raise refuse(f"calls {full} for another codec than latin1")
        for function, library in _CALL_ARGUMENTS.items():
            if full.startswith(function):
                for argument in arguments:
                    self._check_argument(full, argument, library)

    @staticmethod
    def _check_argument(full: str, argument: Any, library: str) -> None:
        module = getattr(argument, "__module__", None) or "builtins"
        plain = module == "builtins" and not callable(argument)
        if not plain and not f"{module}.".startswith(library):
            raise refuse(f"has {full} call something of {module}")

    def _fresh(self) -> None:
        made = self.stack[-1]
        if isinstance(made, dict):
            _refuse_planted(made, type(made))  # some give their items out as attributes
        self._made[id(made)] = made

    def load_reduce(self) -> None:
        self._check_use(self.stack[-2], Use.CALL, self.stack[-1])
        super().load_reduce()
        self._fresh()

    def load_newobj(self) -> None:
        self._check_use(self.stack[-2], Use.MAKE, self.stack[-1])
        super().load_newobj()
        self._fresh()

    def load_newobj_ex(self) -> None:
        self._check_use(self.stack[-3], Use.MAKE, self.stack[-2])
        super().load_newobj_ex()
        self._fresh()

    def _instantiate(self, klass: Any, args: Any) -> None:
        self._check_use(klass, Use.CALL, tuple(args))
        super()._instantiate(klass, args)
        self._fresh()

    def load_bytearray8(self) -> None:
        """Read an array's bytes in pieces: pickle's own in Python holds them three times."""
        length = int.from_bytes(self.read(8), "little")
        content = bytearray(length)
        for start in range(0, length, _PIECE):
            end = min(start + _PIECE, length)
            piece = self.read(end - start)
            if len(piece) < end - start:
                raise pickle.UnpicklingError("pickle data was truncated")
            content[start:end] = piece
        self.append(content)

    def load_build(self) -> None:
        instance, state = self.stack[-2], self.stack[-1]
        # Setting a state may call what an earlier one set.
        if self._made.pop(id(instance), None) is not instance or isinstance(instance, type):
            raise refuse("sets the state of something that it has not just made")
        self._check_state(type(instance), state)
        super().load_build()

    def _check_state(self, cls: type, state: Any) -> None:
        full = f"{cls.__module__}.{cls.__qualname__}"
        if full in ("numpy.dtype",) or cls.__module__ == "numpy.dtypes":
            self._check_dtype(self.stack[-2], state)
        for fields in state if type(state) is tuple else (state,):
            if not isinstance(fields, dict):
                continue
            _refuse_planted(fields, cls)
            self._states[id(fields)] = fields
            if full.startswith(_SCORERS) and "_response_method" in fields:
                methods = fields["_response_method"]
                for method in methods if type(methods) in (tuple, list) else (methods,):
                    if type(method) is not str or method not in _RESPONSE_METHODS:
                        raise refuse(f"makes a scorer that calls {method!r}")
                if type(methods) is list:  # nothing may be added to it later
                    fields["_response_method"] = tuple(methods)

    def _check_dtype(self, dtype: Any, state: Any) -> None:
        """A state may not change what an element is: numpy believes it, and would follow numbers as pointers."""
        if type(state) is not tuple or len(state) < 8:
            raise refuse(f"gives {dtype} a state of another form")
        _, _, subarray, names, fields, size, _, flags = state[:8]
        if type(flags) is not int or type(size) is not int or size not in (-1, dtype.itemsize):
            raise refuse(f"changes the size of {dtype}")
        if dtype.hasobject:
            sound = flags == _OF_OBJECT and subarray is None and fields is None
        else:
            sound = not flags & _POINTERS and _fits(dtype, subarray, names, fields)
        if not sound:
            raise refuse(f"says that elements of {dtype} are objects, or records that don't fit")
        if fields is not None:  # numpy keeps the dict that it gets
            self.stack[-1] = (*state[:4], dict(fields), *state[5:])

    def _check_keys(self, container: Any, keys: list[Any]) -> None:
        if type(container) is not dict or id(container) in self._states:
            _refuse_planted(keys, type(container))

    def _check_container(self, container: Any, kind: type) -> None:
        # Other classes bring an append, or a __setitem__, of their own, or one that was planted.
        if type(container) is kind:
            return
        if kind is list and type(container) is collections.deque:
            return
        if kind is not set and isinstance(container, kind) and not getattr(container, "__dict__", None):
            return
        raise refuse(f"puts items into a {type(container).__name__}")

    def load_append(self) -> None:
        self._check_container(self.stack[-2], list)
        super().load_append()

    def load_appends(self) -> None:
        self._check_container(self.metastack[-1][-1], list)
        super().load_appends()

    def load_setitem(self) -> None:
        self._check_container(self.stack[-3], dict)
        self._check_keys(self.stack[-3], self.stack[-2:-1])
        super().load_setitem()

    def load_setitems(self) -> None:
        self._check_container(self.metastack[-1][-1], dict)
        self._check_keys(self.metastack[-1][-1], self.stack[::2])
        super().load_setitems()

    def load_additems(self) -> None:
        self._check_container(self.metastack[-1][-1], set)
        super().load_additems()

    dispatch = pickle._Unpickler.dispatch | {  # type: ignore[attr-defined]
        pickle.REDUCE[0]: load_reduce,
        pickle.NEWOBJ[0]: load_newobj,
        pickle.NEWOBJ_EX[0]: load_newobj_ex,
        pickle.BYTEARRAY8[0]: load_bytearray8,
        pickle.BUILD[0]: load_build,
        pickle.APPEND[0]: load_append,
        pickle.APPENDS[0]: load_appends,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
        pickle.ADDITEMS[0]: load_additems,
    }
