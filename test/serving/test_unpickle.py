"""The allow-list, in the process that enforces it."""

import bz2
import gzip
import io
import os
import pickle
import struct

import joblib
import numpy
import pytest
from lightgbm import LGBMRegressor
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

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


@pytest.fixture
def unpickle(image, tmp_path, monkeypatch):
    """Unpickle bytes in an empty current directory."""
    monkeypatch.chdir(tmp_path)

    def call(content, *allow):
        from model_to_ecs.unpickle import AllowList, unpickle

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
}
WRITTEN = {
    "pickle": pickle.dumps,
    "protocol 0": lambda model: pickle.dumps(model, 0),
    "protocol 2": lambda model: pickle.dumps(model, 2),
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


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN.keys())
def test_however_they_are_written(unpickle, write):
    model = HONEST["forest"]
    assert unpickle(write(model)).predict(X).tolist() == model.predict(X).tolist()


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
