"""The allow-list, in the process that enforces it."""

import bz2
import gzip
import io
import os
import pickle
import struct
import subprocess
import tracemalloc
from pathlib import Path

import joblib
import numpy
import pandas
import pytest
from lightgbm import LGBMRegressor
from scipy.interpolate import interp1d
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from xgboost import XGBRegressor

X = numpy.random.RandomState(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class Holder:
    """Is pickled as joblib pickles an estimator: with its arrays raw in the stream."""


def joblib_bytes(value, **options):
    file = io.BytesIO()
    joblib.dump(value, file, **options)
    return file.getvalue()


def short(text):
    return b"\x8c" + struct.pack("B", len(text)) + text


def stack_global(module, name, argument=b"touch pwned"):
    return b"\x80\x04" + short(module) + short(name) + b"\x93" + short(argument) + b"\x85R."


ROOT = Path(__file__).resolve().parents[2]
CLASSPATH = ROOT / "src/local-runner/target/classpath"
MARKER = "touch pwned"
OBJECT_ARRAY = numpy.array([Call(os.system, MARKER)], dtype=object)

EVIL = {
    "os.system": pickle.dumps(Call(os.system, MARKER)),
    "protocol 0": pickle.dumps(Call(os.system, MARKER), 0),
    "protocol 2": pickle.dumps(Call(os.system, MARKER), 2),
    "eval": pickle.dumps(Call(eval, "__import__('os').system('touch pwned')")),
    "eval as Python 2 has it": pickle.dumps(Call(eval, "1"), 2),
    "getattr": pickle.dumps(Call(getattr, LinearRegression, "fit")),
    "numpy.load": pickle.dumps(Call(numpy.load, "pwned.npy")),
    "joblib.load": pickle.dumps(Call(joblib.load, "pwned.pkl")),
    "inst": b"(S'touch pwned'\nios\nsystem\n.",
    "a module of an allowed package": stack_global(b"sklearn.utils", b"os.system"),
    "an allowed class's module": stack_global(b"joblib.numpy_pickle", b"os.system"),
    "an attribute of an allowed class": stack_global(b"sklearn.linear_model._base", b"LinearRegression.fit"),
    "ufunc reconstruct": b"\x80\x04" + short(b"numpy._core") + short(b"_ufunc_reconstruct") + b"\x93"
    + short(b"os") + short(b"system") + b"\x86R" + short(MARKER.encode()) + b"\x85R.",
    "joblib": joblib_bytes(Call(os.system, MARKER)),
    "joblib, compressed": joblib_bytes(Call(os.system, MARKER), compress=3),
    "joblib, beside arrays": joblib_bytes([X, Call(os.system, MARKER)]),
    "joblib, in an array of objects": joblib_bytes([X, OBJECT_ARRAY]),
    "an array of objects": pickle.dumps(OBJECT_ARRAY),
    "gzip": gzip.compress(pickle.dumps(Call(os.system, MARKER))),
    "joblib's arrays in files": stack_global(b"joblib.numpy_pickle_compat", b"NDArrayWrapper", b"pwned.npy"),
}  # fmt: skip




def text(value):
    return b"X" + struct.pack("<I", len(value)) + value


def imported(name):
    module, _, name = name.rpartition(b".")
    return b"c" + module + b"\n" + name + b"\n"


def dtype(code, state=None):
    """A dtype, with a state from its third item on if one is given."""
    made = imported(b"numpy.dtype") + text(code) + b"\x89\x88\x87R"
    return made + b"(K\x03" + text(b"|") + state + b"tb" if state else made


BUNCH = imported(b"sklearn.utils._bunch.Bunch") + b")\x81"
SCALER = imported(b"sklearn.preprocessing._data.StandardScaler") + b")\x81"
SCORER = imported(b"sklearn.metrics._scorer._Scorer") + b")\x81"
RESULT = imported(b"scipy.optimize._optimize.OptimizeResult")
PRINT = imported(b"numpy.mean")

# Imports of names that are all on the list, used as no model uses them.
GADGETS = {
    "a call of what was made": imported(b"functools.partial") + PRINT + b"\x85R)R.",
    "a call of a function that is only named": PRINT + b"]\x85R.",
    "a constructor with arguments": imported(b"lightgbm.basic.Booster") + text(b"/etc/passwd") + b"\x85R.",
    "the same by OBJ": b"(" + imported(b"lightgbm.basic.Booster") + text(b"/etc/passwd") + b"o.",
    "the same by INST": b"(" + text(b"/etc/passwd") + b"ilightgbm.basic\nBooster\n.",
    "a planted append": BUNCH + text(b"append") + PRINT + b"s]a.",
    "a planted extend": BUNCH + text(b"extend") + PRINT + b"s(]e.",
    "a planted add": BUNCH + text(b"add") + PRINT + b"s\x28]\x90.",
    "a planted __setstate__": SCALER + b"}" + text(b"__setstate__") + PRINT + b"sb.",
    "a planted __array__": SCALER + b"}" + text(b"__array__") + PRINT + b"sb.",
    "a planted __array__ among slots": SCALER + b"N}" + text(b"__array__") + PRINT + b"s\x86b.",
    "a planted __array__ in a state of four": imported(b"functools.partial") + PRINT + b"\x85R(" + PRINT + b")}}"
    + text(b"__array__") + PRINT + b"stb.",
    "a planted __array__ in a state that was set": SCALER + b"}q\x00b0h\x00" + text(b"__array__") + PRINT + b"s.",
    "an item that is given out as an attribute": RESULT + b")\x81" + text(b"__setstate__") + PRINT + b"s]b.",
    "the same among several": RESULT + b")\x81(" + text(b"__setstate__") + PRINT + b"u]b.",
    "the same in what it is made of": imported(b"copyreg._reconstructor") + RESULT + imported(b"builtins.dict")
    + b"}" + text(b"__setstate__") + PRINT + b"s\x87R]b.",
    "a state set twice": SCALER + b"}b}b.",
    "the state of a class": imported(b"sklearn.preprocessing._data.StandardScaler") + b"}b.",
    "a scorer that calls any method": SCORER + b"}" + text(b"_response_method") + text(b"save_model") + b"sb.",
    "a scorer of thresholds that calls any method":
    imported(b"sklearn.model_selection._classification_threshold._CurveScorer") + b")\x81}" + text(b"_response_method")
    + text(b"save_model") + b"sb.",
    "a scorer that calls one of several methods": SCORER + b"}" + text(b"_response_method") + b"](" + text(b"predict")
    + text(b"save_model") + b"esb.",
    "another base": imported(b"copyreg._reconstructor") + imported(b"collections.deque")
    + imported(b"collections.deque") + b"]\x87R.",
    "a function through copyreg": imported(b"copyreg.__newobj__") + imported(b"uuid.UUID") + PRINT + b"\x86R)R.",
    "another codec": imported(b"_codecs.encode") + text(b"a") + text(b"rot13") + b"\x86R.",
    "a constructor given to numpy": imported(b"numpy.random._pickle.__generator_ctor") + text(b"x") + PRINT + b"\x86R.",
    "a class given to pandas": imported(b"pandas.core.indexes.base._new_Index")
    + imported(b"sklearn.utils._bunch.Bunch") + b"}\x86R.",
    "numbers that are said to be objects": imported(b"numpy.dtype") + text(b"f8") + b"\x85R"
    + b"(K\x03" + text(b"<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb.",
    "objects that are said to be numbers": dtype(b"O8", b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00") + b".",
    "a record of objects that are said to be numbers": dtype(
        b"V8", b"N" + text(b"y") + b"\x85}" + text(b"y") + dtype(b"O8") + b"K\x00\x86sK\x08K\x01K\x00") + b".",
    "a record of objects": dtype(
        b"V8", b"N" + text(b"y") + b"\x85}" + text(b"y") + dtype(b"O8") + b"K\x00\x86sK\x08K\x01K\x1b") + b".",
    "a field beyond the record's end": dtype(
        b"V8", b"N" + text(b"y") + b"\x85}" + text(b"y") + dtype(b"f8") + b"K\x01\x86sK\x08K\x01K\x10") + b".",
    "a subarray of objects": dtype(b"V8", dtype(b"O8") + b"K\x01\x85\x86NNK\x08K\x01K\x00") + b".",
    "a subarray that is larger": dtype(b"V8", dtype(b"f8") + b"K\x02\x85\x86NNK\x08K\x01K\x00") + b".",
    "a text that is larger": dtype(b"S5", b"NNNJ\xff\xff\x00\x00K\x01K\x00") + b".",
    "a state of a dtype that is short": imported(b"numpy.dtype") + text(b"f8") + b"\x85R(K\x03tb.",
    "a persistent id": b"Nx0Pid\n."[3:],
    "an extension code": b"\x80\x02\x82\x01.",
}  # fmt: skip
# The scan of a publication has to refuse these, too: its own tests read the same file.
ATTACKS = ROOT / "test/engine/resources/io/modeltoecs/engine/pickle/attacks.txt"
for number, line in enumerate(ATTACKS.read_text().splitlines(), 1):
    if not line.startswith("#"):
        GADGETS[f"line {number} of {ATTACKS.name}"] = line.encode().decode("unicode_escape").encode("latin1")


@pytest.mark.parametrize("content", GADGETS.values(), ids=GADGETS.keys())
def test_what_no_model_does_is_refused(refused, content):
    refused(content, tells="which no pickle of a model does")


@pytest.mark.parametrize("pinned", [True, False], ids=["pinned", "unpinned"])
@pytest.mark.parametrize("admits", [True, False], ids=["model.json names it", "model.json does not"])
def test_all_replaced_in_the_bucket_by_someone_who_can_write_there(load, store, tmp_path, monkeypatch, pinned, admits):
    from model_to_ecs import LoadError

    monkeypatch.chdir(tmp_path)
    sha256 = store.publish("taken", {"model.pkl": pickle.dumps(HONEST["forest"])})
    names = {"imports": ["posix.system"] if admits else []}
    forged = store.publish("taken", {"model.pkl": EVIL["os.system"]}, document=names)
    with pytest.raises(LoadError) as raised:
        load(MODEL="taken@latest", **({"MODEL_SHA256": sha256} if pinned else {}))
    assert raised.value.exit_code == (72 if pinned else 73)
    with pytest.raises(LoadError) as raised:  # even where what is pinned is the forger's
        load(MODEL="taken@latest", MODEL_SHA256=forged)
    assert raised.value.exit_code == 73
    assert not (tmp_path / "pwned").exists()


def test_model_json_narrows(load, store):
    from model_to_ecs import LoadError

    store.publish("narrow", {"model.pkl": pickle.dumps(Y)}, document={"imports": ["numpy.ndarray"]})
    with pytest.raises(LoadError, match="its model.json does not name") as raised:
        load(MODEL="narrow@latest")
    assert raised.value.exit_code == 73


@pytest.fixture
def unpickle(image, tmp_path, monkeypatch):
    """Unpickle bytes in an empty current directory."""
    monkeypatch.chdir(tmp_path)

    def call(content, *allow):
        from model_to_ecs.allowlist import AllowList
        from model_to_ecs.unpickle import unpickle

        file = tmp_path / "model.pkl"
        file.write_bytes(content)
        return unpickle(file, AllowList.with_extra(allow))

    return call


@pytest.fixture
def refused(unpickle, tmp_path):
    """Check that bytes are refused with that exit code, and that nothing was run."""

    def check(content, *allow, code=73, tells="not on the allow-list"):
        from model_to_ecs import LoadError

        with pytest.raises(LoadError) as raised:
            unpickle(content, *allow)
        assert raised.value.exit_code == code, raised.value
        assert tells in str(raised.value)
        assert [file.name for file in tmp_path.iterdir()] == ["model.pkl"]

    return check


@pytest.mark.parametrize("content", EVIL.values(), ids=EVIL.keys())
def test_refused(refused, content):
    refused(content)


def test_the_marker_shows_what_ran(tmp_path, monkeypatch):
    """What the tests above look for does appear where nothing refuses it."""
    monkeypatch.chdir(tmp_path)
    pickle.loads(EVIL["os.system"])
    assert (tmp_path / "pwned").exists()


def test_a_wrapper_by_another_name_does_not_load_unasked(refused):
    """joblib before 1.6 reads arrays of objects by a bare pickle.load: its own class must never be reached."""
    content = joblib_bytes([X, OBJECT_ARRAY])
    framed = short(b"joblib.numpy_pickle") + b"\x94" + short(b"NumpyArrayWrapper")
    assert framed in content
    refused(content.replace(framed, short(b"joblib") + b"\x94" + short(b"numpy_pickle.NumpyArrayWrapper")))


HONEST = {
    "forest": RandomForestClassifier(n_estimators=3).fit(X, Y),
    "gradient boosting": GradientBoostingClassifier(n_estimators=3).fit(X, Y),
    "histograms": HistGradientBoostingClassifier(max_iter=3).fit(X, Y),
    "pipeline": make_pipeline(StandardScaler(), FunctionTransformer(numpy.tanh), KNeighborsClassifier()).fit(X, Y),
    "search": GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3]}, scoring="f1").fit(X, Y),
    "lightgbm": LGBMRegressor(n_estimators=3, verbosity=-1).fit(X, Y),
    "xgboost": XGBRegressor(n_estimators=3).fit(X, Y),
}
ARRAYS = {
    "records": numpy.array([(1, 2.5, b"x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "S3")]),
    "aligned records": numpy.zeros(3, numpy.dtype([("a", "i1"), ("b", "f8")], align=True)),
    "records in records": numpy.zeros(3, [("a", [("b", "f4"), ("c", "U2")]), ("d", "M8[s]")]),
    "records of arrays": numpy.zeros(3, [("a", "f4", (2, 3)), ("b", "u1", 4)]),
    "records of many fields": numpy.zeros(2, [(f"column {i}", "f8") for i in range(40)]),
    "records of a union": numpy.zeros(2, numpy.dtype({"names": ["a", "b"], "formats": ["i4", "f4"], "offsets": [0, 0]})),
}
FRAME = pandas.DataFrame(X, columns=["a", "b", "c"])
BUNDLES = {
    "of a frame": LinearRegression().fit(FRAME, X[:, 0]),
    "a dict": {"model": LinearRegression().fit(FRAME, X[:, 0]), "columns": FRAME.columns.to_numpy()},
    "a dict with a version": {"version": "1.0", "model": LinearRegression().fit(FRAME, X[:, 0])},
    "a list": [FRAME.columns.to_numpy(), X, LinearRegression().fit(FRAME, X[:, 0])],
    "a threshold": TunedThresholdClassifierCV(LogisticRegression()).fit(FRAME, Y),
}
LINE = numpy.arange(10.0)
INTERPOLATIONS = {
    f"interpolation, {kind}": pickle.dumps(interp1d(LINE, LINE**2, kind=kind))
    for kind in ("linear", "nearest", "previous", "quadratic", "cubic")
}
WRITTEN = {
    "pickle": pickle.dumps,
    "protocol 0": lambda model: pickle.dumps(model, 0),
    "protocol 2": lambda model: pickle.dumps(model, 2),
    "protocol 3": lambda model: pickle.dumps(model, 3),
    "protocol 5": lambda model: pickle.dumps(model, 5),
    "joblib": joblib_bytes,
    "joblib zlib": lambda model: joblib_bytes(model, compress=3),
    "joblib xz": lambda model: joblib_bytes(model, compress="xz"),
    "bz2": lambda model: bz2.compress(pickle.dumps(model)),
}


@pytest.mark.parametrize("model", HONEST.values(), ids=HONEST.keys())
def test_honest_models_are_served_as_they_predict(serve, store, model):
    store.publish_object("honest", model)
    server = serve(MODEL="honest@latest", OMP_NUM_THREADS=None).ready()
    answer = server.predict({"instances": X.tolist()})
    assert answer.json()["predictions"] == pytest.approx(model.predict(X).tolist())


def test_the_scan_of_a_publication_agrees(tmp_path):
    """What the loader refuses isn't published, and what it loads is."""
    if not CLASSPATH.exists():
        pytest.skip("the engine is not built: make build")
    values = HONEST | ARRAYS | BUNDLES
    honest = {f"{name}, {way}": write(value) for way, write in WRITTEN.items() for name, value in values.items()}
    honest |= INTERPOLATIONS
    contents = EVIL | GADGETS | honest
    for number, content in enumerate(contents.values()):
        (tmp_path / f"{number}.pkl").write_bytes(content)
    classes = f"{ROOT}/src/engine/target/test-classes:{CLASSPATH.read_text().strip()}"
    scan = ["java", "-XX:+UseSerialGC", "-cp", classes, "io.modeltoecs.engine.pickle.ScanFiles"]
    files = [f"{number}.pkl" for number in range(len(contents))]
    lines = subprocess.run([*scan, *files], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == len(contents)
    for name, line in zip(contents, lines, strict=True):
        assert line.startswith("ok " if name in honest else "refused "), f"{name}: {line}"


@pytest.mark.parametrize("content", INTERPOLATIONS.values(), ids=INTERPOLATIONS.keys())
def test_interpolations(unpickle, content):
    assert unpickle(content)(4) == pytest.approx(16)


@pytest.mark.parametrize("value", BUNDLES.values(), ids=BUNDLES.keys())
def test_bundles(unpickle, value):
    for write in WRITTEN.values():
        assert type(unpickle(write(value))) is type(value)


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS.keys())
def test_arrays_however_they_are_written(unpickle, array, write):
    assert (unpickle(write(array)) == array).all()


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN.keys())
def test_however_they_are_written(unpickle, write):
    model = HONEST["forest"]
    assert unpickle(write(model)).predict(X).tolist() == model.predict(X).tolist()


@pytest.mark.parametrize("protocol", [4, 5])
def test_an_array_is_held_once(unpickle, protocol):
    array = numpy.arange(4_000_000)
    content = pickle.dumps(array, protocol)
    tracemalloc.start()
    read = unpickle(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * array.nbytes
    assert (read == array).all()


def test_an_array_that_is_cut_off(refused):
    content = pickle.dumps(numpy.arange(400_000), 5)
    refused(content[:2_000_000], code=1, tells="truncated")


def test_arrays_of_objects_written_by_joblib(unpickle):
    read = unpickle(joblib_bytes({"names": numpy.array(["a", None, 1.5], dtype=object), "x": X}))
    assert read["names"].tolist() == ["a", None, 1.5]
    assert (read["x"] == X).all()


def test_a_folder_with_one_pickle(load, store):
    files = {"model/model.pkl": pickle.dumps(HONEST["forest"]), "model/labels.txt": b"a\nb\n"}
    store.publish("folder", files, artifact="model")
    model = load(MODEL="folder@latest")
    assert model.object.predict(X).tolist() == HONEST["forest"].predict(X).tolist()
    assert model.files["model/labels.txt"].read_text() == "a\nb\n"


def test_what_is_no_pickle_is_left_to_the_app(load, store):
    store.publish("onnx", {"model.onnx": b"\x08\x07"}, artifact="model.onnx")
    model = load(MODEL="onnx@latest")
    assert model.object is None
    assert model.files["model.onnx"].read_bytes() == b"\x08\x07"


SCALE = """
from os import system


class Doubled:
    def predict(self, rows):
        return rows * 2
"""
DOUBLED = b"\x80\x04" + short(b"features.scale") + short(b"Doubled") + b"\x93)\x81."


@pytest.fixture
def features(tmp_path_factory, monkeypatch):
    """A module of the app's own: features.scale."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "features").mkdir()
    (folder / "features/__init__.py").write_text("")
    (folder / "features/scale.py").write_text(SCALE)
    monkeypatch.syspath_prepend(folder)
    return folder


def test_model_allow(serve, store, features):
    store.publish("own", {"model.pkl": DOUBLED})
    server = serve(features, MODEL="own@latest", MODEL_ALLOW="some.other, features.scale.Doubled").ready()
    assert server.predict({"instances": [[2]]}).json()["predictions"] == [[4]]


@pytest.mark.parametrize("allow", ["features.scale.Doubled", "features.scale.*", "features.*"])
def test_what_is_allowed(unpickle, features, allow):
    assert unpickle(DOUBLED, allow).predict(2) == 4


@pytest.mark.parametrize("allow", [(), ("features.scale.Other",), ("feature.*",), ("features.scale.Doubled.*",)])
def test_what_is_not_allowed(refused, features, allow):
    refused(DOUBLED, *allow, tells="features.scale.Doubled")


@pytest.mark.parametrize("name", [b"system", b"__builtins__", b"__loader__", b"Doubled.predict"])
def test_what_a_module_imported_is_not_its_own(refused, features, name):
    refused(stack_global(b"features.scale", name), "features.*")


@pytest.mark.parametrize("allow", ["*", "os", "os.*.x", "sklearn.", ".x"])
def test_an_entry_that_names_nothing(refused, allow):
    refused(pickle.dumps(1), allow, tells=repr(allow))


def test_a_class_that_is_not_in_the_image(refused):
    refused(stack_global(b"absent.module", b"Model"), "absent.*", code=74, tells="absent.module.Model")
