"""Each mistake ends in one clear error, with nothing changed in the cloud and nothing half-written."""

import pytest

# what is wrong: (arguments of publish, of build, of deploy, changed files, what the error says)
MISTAKES = {
    "training exits non-zero": ({"train": "'exit 3'"}, {}, {}, {}, ["exit", "3"]),
    "artifact missing": ({"artifact": "'nothing.pkl'"}, {}, {}, {}, ["artifact", "nothing.pkl"]),
    "metrics not JSON": ({"train": "'python train.py && echo {oops > metrics.json'"}, {}, {}, {}, ["metrics.json", "JSON"]),
    "gate not met": ({"gates": "['fit.r2 >= 0.999']"}, {}, {}, {}, ["fit.r2 >= 0.999", "0.99"]),
    "unknown metric": ({"gates": "['f1 >= 0.5']"}, {}, {}, {}, ["f1", "rmse", "fit.r2"]),
    "bucket missing": ({"bucket": "'no-such-bucket'"}, {}, {}, {}, ["bucket", "no-such-bucket"]),
    "unknown parameter": ({"trian": "'python train.py'"}, {}, {}, {}, ["trian", "train"]),
    "invalid repository": ({}, {"repository": "'Not/Valid'"}, {}, {}, ["repository", "Not/Valid"]),
    "registry down": ({}, {"registry": "'127.0.0.1:1'"}, {}, {}, ["127.0.0.1:1"]),
    "base missing": ({}, {"base": "env.REGISTRY + '/base/none:1'"}, {}, {}, ["base/none:1"]),
    "requirement missing": ({}, {"requirements": "'none.txt'"}, {}, {}, ["requirements", "none.txt"]),
    "unknown cluster": ({}, {}, {"cluster": "'nowhere'"}, {}, ["cluster", "nowhere"]),
    "unknown service": ({}, {}, {"service": "'nothing'", "spec": None}, {}, ["service", "nothing"]),
    "unknown container": ({}, {}, {"container": "'nobody'"}, {}, ["container", "nobody", "app"]),
    "unknown model version": ({}, {}, {"model": "'prices@20200101T000000Z-00000000'"}, {}, ["20200101T000000Z-00000000"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_clear_error(outside, mistake):
    publish, build, deploy, files, words = MISTAKES[mistake]
    before, answer = outside.state(), outside.predict()
    outside.write_jenkinsfile(publish, build, deploy)
    try:
        built = outside.run()
    finally:
        outside.write_jenkinsfile()

    assert built.status == 1
    assert len(built.errors) == 1, built.log
    for word in words:
        assert word in built.errors[0]
    assert "\tat " not in built.log and "Traceback" not in built.log
    assert outside.state() == before
    assert outside.predict() == answer


def test_a_stored_pickle_that_differs_is_not_served(outside):
    """The container refuses to load it, and the rollout goes back."""
    answer = outside.predict()
    published = outside.run(SLOPE="7")
    assert published.status == 0
    assert outside.predict()["predictions"] == [pytest.approx(22.0)]
    bucket = outside.cloud.env["MODEL_BUCKET"]
    version = outside.predict()["model"]["version"]
    key = f"models/prices/versions/{version}/model.pkl"
    (outside.folder / "other.bin").write_bytes(b"something else")
    try:
        outside.run(SLOPE="2")  # back to the first model, whose bytes are good
        assert outside.predict()["model"]["version"] == answer["model"]["version"]
        outside.aws("s3", "cp", "--quiet", str(outside.folder / "other.bin"), f"s3://{bucket}/{key}")
        outside.write_jenkinsfile(deploy={"model": f"'prices@{version}'"})
        built = outside.run(SLOPE="2")
        assert built.status == 1
        assert len(built.errors) == 1
        assert "72" in built.log and "sha256" in built.log
        assert outside.predict()["model"]["version"] == answer["model"]["version"]
    finally:
        (outside.folder / "other.bin").unlink()
        outside.write_jenkinsfile()
