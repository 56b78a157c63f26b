"""The stock app: real requests to a real model."""

import json
import subprocess
import sys

import pandas
import pytest
from serving import EXAMPLES
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline

COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
SETOSA, VIRGINICA = [5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]


@pytest.fixture(scope="module")
def iris():
    flowers = pandas.read_csv(EXAMPLES / "model-repo/iris.csv")
    return LogisticRegression(max_iter=1000).fit(flowers[COLUMNS], flowers["species"])


@pytest.fixture(scope="module")
def server(image, store, iris, tmp_path_factory):
    from serving import Server

    sha256 = store.publish_object("named", iris)
    server = Server(image, store, tmp_path_factory.mktemp("app"), MODEL="named@latest", IMAGE="named@sha256:1")
    server.sha256 = sha256
    yield server.ready()
    server.stop()


def test_answers_name_the_model(server, store):
    answer = server.predict({"instances": [SETOSA, VIRGINICA]})
    assert answer.status_code == 200
    assert answer.json() == {
        "predictions": ["setosa", "virginica"],
        "model": {"name": "named", "version": "20261123T101500Z-1a2b3c4d", "sha256": server.sha256},
    }


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [SETOSA]},
        {"instances": [dict(zip(COLUMNS, SETOSA))]},
        {"instances": [dict(reversed(list(zip(COLUMNS, SETOSA))))]},
        {"inputs": [SETOSA]},
        {"inputs": {name: [value] for name, value in zip(COLUMNS, SETOSA)}},
        {"dataframe_records": [dict(zip(COLUMNS, SETOSA), note="ignored")]},
        {"dataframe_split": {"columns": COLUMNS[::-1], "data": [SETOSA[::-1]], "index": [0]}},
    ],
    ids=["rows", "objects", "other order", "inputs", "columns", "records", "split"],
)
def test_all_bodies_mean_the_same(server, body):
    answer = server.predict(body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == ["setosa"]


def test_no_instances_no_predictions(server):
    assert server.predict({"instances": []}).json()["predictions"] == []


@pytest.mark.parametrize(
    ("body", "tells"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ("\xff", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[[1, 2, 3, 4]]", "exactly one of instances"),
        ({"rows": []}, "exactly one of instances"),
        ({"instances": [], "inputs": []}, "exactly one of instances"),
        ({"instances": 5}, "must be a list"),
        ({"instances": [[1, 2, 3]]}, "sepal_length, sepal_width, petal_length, petal_width"),
        ({"instances": [SETOSA, [1]]}, "row 1 has 1 values, expected 4"),
        ({"instances": [SETOSA, 1]}, "row 1 must be a list"),
        ({"instances": [{"sepal_length": 1}]}, "missing: sepal_width, petal_length, petal_width"),
        ({"instances": [dict(zip(COLUMNS, SETOSA)), {}]}, "instances[1] has other columns"),
        ({"instances": [dict(zip(COLUMNS, SETOSA)), 3]}, "instances[1] must be an object"),
        ({"dataframe_split": {"columns": COLUMNS}}, "'columns' and 'data'"),
        ({"inputs": {"sepal_length": [1, 2], "sepal_width": [1]}}, "different lengths"),
        ('{"instances": [[NaN, 1, 2, 3]]}', "NaN is not JSON"),
        ('{"instances": [[Infinity, 1, 2, 3]]}', "Infinity is not JSON"),
        ({"instances": [[None, 1, 2, 3]]}, "NaN"),
        ({"instances": [["a", 1, 2, 3]]}, "refused the input"),
        ({"instances": [[[1], 1, 2, 3]]}, "refused the input"),
        ({"instances": [[10**400, 1, 2, 3]]}, "refused the input"),
    ],
)
def test_bad_input_is_explained(server, body, tells):
    answer = server.predict(body)
    assert answer.status_code == 400, answer.text
    assert tells in answer.json()["error"]


def test_other_methods_and_paths(server):
    assert server.get("/predict").status_code == 405
    assert "error" in server.get("/nowhere").json()


def test_too_large_a_body_is_refused(server):
    answer = server.predict('{"instances": "' + "x" * (65 << 20) + '"}')
    assert answer.status_code == 413


def test_probes(server):
    assert server.get("/healthz").json() == {"status": "ok"}
    assert server.get("/readyz").status_code == 200
    version = server.get("/version").json()
    assert version["model"]["version"] == "20261123T101500Z-1a2b3c4d"
    assert version["image"] == "named@sha256:1"
    assert version["task"]
    assert version["uptime"] > 0


def test_models_without_column_names(serve, store):
    model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1, 3, 5])
    store.publish_object("unnamed", model)
    server = serve(MODEL="unnamed@latest").ready()
    assert server.predict({"instances": [[3.0]]}).json()["predictions"] == [pytest.approx(7)]
    assert server.predict({"instances": [{"x": 3}]}).json()["predictions"] == [pytest.approx(7)]
    refused = server.predict({"instances": [[3.0, 4.0]]})
    assert refused.status_code == 400
    assert "1 features" in refused.json()["error"]
    assert server.predict({"instances": [1, 2]}).status_code == 400


def test_texts(serve, store):
    model = make_pipeline(TfidfVectorizer(token_pattern="[0-9]+"), LogisticRegression())
    model.fit(["12 13", "14 15"] * 5, [0, 1] * 5)
    store.publish_object("texts", model)
    server = serve(MODEL="texts@latest").ready()
    assert server.predict({"instances": ["14", "12"]}).json()["predictions"] == [1, 0]


def test_results_become_json(image):
    """What models give back, through the same function that answers requests."""
    program = """
import json, sys, numpy, pandas, scipy.sparse
from model_to_ecs.outputs import plain
print(json.dumps([plain(v) for v in (
    numpy.array([[1, 2]]), numpy.array([1.5, float("nan"), float("inf")], dtype="float32"),
    numpy.int64(3), numpy.bool_(True),
    [numpy.array([1]), numpy.array([2])], pandas.Series([1, 2]), pandas.DataFrame({"a": [1]}),
    scipy.sparse.csr_matrix([[0, 1]]), numpy.array(["x"]), pandas.Timestamp("2026-01-02"), {"p": numpy.float64(0.5)},
)], allow_nan=False))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(image)}, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [
        [[1, 2]], [1.5, None, None], 3, True, [[1], [2]], [1, 2], [{"a": 1}], [[0, 1]], ["x"],
        "2026-01-02T00:00:00", {"p": 0.5},
    ]  # fmt: skip
