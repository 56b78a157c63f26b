"""Writes pickles that nobody would, and what Python does with each: arguments are a seed and how many.

Each line of the standard output is one pickle, in base64, and what CPython's two unpicklers did with it, in the words of
Event in PickleFuzzTest. Nothing is executed: what a pickle imports is a stand-in that only takes notes.
"""

import base64
import collections
import io
import pickle
import random
import resource
import struct
import sys

import _pickle

seed, count = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(seed)
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

# What is on the shipped list, by how it may be used, and what isn't.
NAMES = [
    ("numpy", "mean"),
    ("functools", "partial"),
    ("collections", "OrderedDict"),
    ("collections", "deque"),
    ("copyreg", "_reconstructor"),
    ("builtins", "object"),
    ("builtins", "dict"),
    ("sklearn.utils._bunch", "Bunch"),
    ("sklearn.preprocessing._data", "StandardScaler"),
    ("sklearn.metrics._scorer", "_Scorer"),
    ("scipy.optimize._optimize", "OptimizeResult"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "scalar"),
    ("joblib.numpy_pickle", "NumpyArrayWrapper"),
    ("_codecs", "encode"),
    ("mine.models", "Model"),
]
EVIL = [("os", "system"), ("builtins", "eval"), ("numpy", "load"), ("mine.models", "os.system")]
TEXTS = ["os", "system", "f8", "O8", "dtype", "shape", "_response_method", "__array__", "__setstate__", "latin1", "é", ""]


# ---- the stand-ins

notes = []


class Kind(type):
    def __call__(cls, *args, **kwargs):
        notes.append(("CALLED", cls.full))
        return object.__new__(cls)


class StandIn(metaclass=Kind):
    full = ""
    state = False

    def __new__(cls, *args, **kwargs):
        notes.append(("MADE", cls.full))
        return object.__new__(cls)

    def __call__(self, *args, **kwargs):
        notes.append(("CALLED_OBJECT", self.full))
        return 0

    def __setstate__(self, state):
        notes.append(("RESTATED" if self.state else "STATED", self.full))
        self.state = True
        for fields in state if isinstance(state, tuple) else (state,):
            self.planted(fields)

    def planted(self, keys):
        for key in keys if isinstance(keys, dict) else ():
            if isinstance(key, str) and key.startswith("__") and key.endswith("__"):
                notes.append(("PLANTED", self.full))

    def __setitem__(self, key, value):
        notes.append(("FILLED", self.full))
        self.planted({key: value} if isinstance(key, str) else {})

    def append(self, value):
        notes.append(("FILLED", self.full))

    extend = add = append


class Recorder:
    made = None

    def find_class(self, module, name):
        full = f"{module}.{name}"
        notes.append(("IMPORTED", full))
        self.made = self.made or {}
        if full not in self.made:
            self.made[full] = Kind("StandIn", (StandIn,), {"full": full})
        return self.made[full]


class InC(Recorder, _pickle.Unpickler):
    pass


class InPython(Recorder, pickle._Unpickler):
    pass


def buffered(content):
    return io.BufferedReader(io.BytesIO(content), 64)


def watched(content):
    """What both unpicklers do with all pickles in the bytes, one after the other."""
    del notes[:]
    for unpickler, opened in (InC, io.BytesIO), (InC, buffered), (InPython, io.BytesIO):
        file = opened(content)
        try:
            while file.tell() < len(content):
                unpickler(file).load()
        except (Exception, MemoryError):
            pass
    return list(dict.fromkeys(notes))


# ---- pickles


def text(value):
    raw = value.encode()
    return rng.choice(
        [
            lambda: b"\x8c" + struct.pack("B", len(raw)) + raw,
            lambda: b"X" + struct.pack("<I", len(raw)) + raw,
            lambda: b"\x8d" + struct.pack("<Q", len(raw)) + raw,
            lambda: b"V" + value.encode("raw_unicode_escape") + b"\n",
            lambda: b"V" + b"".join(b"\\u%04x" % ord(c) for c in value) + b"\n",
            lambda: b"S" + repr(value).encode() + b"\n",
            lambda: b"U" + struct.pack("B", len(raw)) + raw,
        ]
    )()


def number():
    return rng.choice([b"K\x01", b"M\x00\x02", b"J\xff\xff\xff\xff", b"I7\n", b"I01\n", b"L3L\n", b"F1.5\n", b"\x8a\x01\x05"])


def other():
    return rng.choice([b"N", b"\x88", b"G" + bytes(8), b"C\x02ab", b"B\x01\x00\x00\x00x", b"\x8e" + struct.pack("<Q", 1) + b"z"])


class Program:
    """Opcodes that mostly make sense: it knows roughly what lies on the stack."""

    def __init__(self):
        self.out = bytearray(rng.choice([b"", b"\x80\x02", b"\x80\x04", b"\x80\x05"]))
        self.stack = []
        self.memo = {}

    def put(self, code, pops=0, push=""):
        self.out += code
        if pops:
            del self.stack[-pops:]
        self.stack += push

    def importing(self):
        module, name = rng.choice(EVIL) if rng.random() < 0.03 else rng.choice(NAMES)
        way = rng.randrange(3)
        if way == 0 or "." in name:
            self.put(b"c" + f"{module}\n{name}\n".encode(), push="g")
        else:
            self.put(text(module) + (b"\x94" if way == 1 else b"") + text(name) + b"\x93", push="g")
            if way == 1:
                self.memo[len(self.memo)] = "x"

    def above_mark(self):
        return len(self.stack) - 1 - self.stack[::-1].index("M") if "M" in self.stack else None

    def step(self):
        top, two = self.stack[-1:], self.stack[-2:]
        mark = self.above_mark()
        free = len(self.stack) - (mark + 1 if mark is not None else 0)
        ways = [
            lambda: self.put(text(rng.choice(TEXTS + [part for pair in NAMES for part in pair])), push="x"),
            lambda: self.put(number(), push="n"),
            lambda: self.put(other(), push="n"),
            lambda: self.put(b"]", push="l"),
            lambda: self.put(b"}", push="d"),
            lambda: self.put(b")", push="t"),
            lambda: self.put(b"(", push="M"),
            lambda: self.put(b"}" + text(rng.choice(["__array__", "__setstate__"])) + b"Ns", push="d"),
            self.importing,
            self.importing,
        ]
        if self.memo:
            index = rng.choice(list(self.memo))
            get = rng.choice(([b"h" + bytes([index])] if index < 256 else []) + [b"g%d\n" % index, b"j" + struct.pack("<I", index)])
            ways += [lambda: self.put(get, push=self.memo[index])] * 3
        if free and top != ["M"]:
            ways += [lambda: self.put(b"\x85", 1, "t"), lambda: self.put(b"2", push=top[0]), lambda: self.put(b"0", 1)]
            ways += [self.memoize] * 2
        if free > 1:
            ways.append(lambda: self.put(b"\x86", 2, "t"))
            if two[0] == "l":
                ways += [lambda: self.put(b"a", 1)] * 2
            if two == ["g", "t"]:
                ways += [lambda: self.put(rng.choice([b"R", b"\x81"]), 2, "o")] * 6
            if two[0] in "o" and two[1] in "dt":
                ways += [lambda: self.put(b"b", 1)] * 6
            if two == ["o", "t"]:
                ways.append(lambda: self.put(b"R", 2, "o"))
            if two[0] in "ol":
                ways.append(lambda: self.put(b"a", 1))
        if free > 2:
            ways.append(lambda: self.put(b"\x87", 3, "t"))
            if self.stack[-3] in "do":
                ways += [lambda: self.put(b"s", 2)] * 4
            if self.stack[-3:-1] == ["g", "t"] and two[1] == "d":
                ways.append(lambda: self.put(b"\x92", 3, "o"))
        if mark is not None:
            count = len(self.stack) - mark
            below = self.stack[mark - 1] if mark else ""
            ways += [lambda: self.put(b"t", count, "t"), lambda: self.put(b"l", count, "l"), lambda: self.put(b"1", count)]
            if count % 2:
                ways.append(lambda: self.put(b"d", count, "d"))
                if below in ("d", "o"):
                    ways.append(lambda: self.put(b"u", count))
            if below in ("l", "o"):
                ways.append(lambda: self.put(b"e", count))
            if count > 1 and self.stack[mark + 1] == "g":
                ways.append(lambda: self.put(b"o", count, "o"))
            module, name = rng.choice(NAMES)
            ways.append(lambda: self.put(b"i" + f"{module}\n{name}\n".encode(), count, "o"))
        rng.choice(ways)()

    def memoize(self):
        if rng.random() < 0.5:
            self.put(b"\x94")
            self.memo[len(self.memo)] = self.stack[-1]
        else:
            index = rng.randrange(len(self.memo) + 2) + rng.choice([0, 0, 253])  # the scanner keeps those above apart
            short = [b"q" + bytes([index])] if index < 256 else []
            self.put(rng.choice([*short, b"p%d\n" % index, b"r" + struct.pack("<I", index)]))
            self.memo[index] = self.stack[-1]

    def finished(self):
        for _ in range(rng.randrange(3, 40)):
            self.step()
        return bytes(self.out) + b"."


def framed(content):
    """The same in a frame, of about its length."""
    length = len(content) if rng.random() < 0.5 else rng.randrange(2 * len(content))
    return b"\x80\x04\x95" + struct.pack("<Q", length) + content


class Thing:
    def __reduce__(self):
        return collections.OrderedDict, ([("a", 1)],), {"b": (1, 2.5, "c", None, True)}


def real():
    """Bytes that Python's own pickler wrote."""
    value = [Thing(), {"k": [1, {2, 3}, frozenset([4])]}, b"bytes", "text", (1, 2, 3, 4), 2**70, bytearray(b"x")] * rng.randrange(1, 3)
    return pickle.dumps(value, rng.randrange(6))


def mutated(content):
    content = bytearray(content)
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        at = rng.randrange(len(content) + 1)
        way = rng.randrange(6)
        if way == 0 and at < len(content):
            content[at] = rng.randrange(256)
        elif way == 1:
            del content[at : at + rng.randrange(1, 6)]
        elif way == 2:
            content[at:at] = rng.choice([b"0", b"2", b"(", b"1", b".", b"\x94", b"R", b"b", b"N", b"h\x00", b"\x93", b"\x82\x01"])
        elif way == 3:
            module, name = rng.choice(NAMES + EVIL)
            content[at:at] = b"c" + f"{module}\n{name}\n".encode()
        elif way == 4:
            content[at:] = Program().finished()
        else:
            del content[at:]
    return bytes(content)


sys.stderr = io.StringIO()  # of buffers that a broken pickle leaves behind
for _ in range(count):
    made = mutated(Program().finished() if rng.random() < 0.8 else real()) or b"."
    if rng.random() < 0.2:
        made = framed(made) + rng.choice([b"", Program().finished()])
    did = " ".join(f"{event}:{base64.b64encode(full.encode(errors='replace')).decode()}" for event, full in watched(made))
    print(base64.b64encode(made).decode(), did)
