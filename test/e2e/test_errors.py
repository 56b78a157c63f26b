"""Each mistake ends in one clear error, with nothing changed in the cloud and nothing half-written."""

import json

import pytest

# what is wrong: the step, the arguments that make it so, and what the error says
MISTAKES = {
    "training exits non-zero": (
        "publish",
        {"train": "'echo iris.csv has no rows; exit 3'"},
        ["'train' failed with exit code 3", "  iris.csv has no rows"],
    ),
    "artifact missing": ("publish", {"artifact": "'nothing.pkl'"}, ["artifact", "nothing.pkl"]),
    "metrics not JSON": (
        "publish",
        {"train": "'python train.py && echo {oops > metrics.json'"},
        ["metrics.json", "JSON"],
    ),
    "gate not met": ("publish", {"gates": "['fit.r2 >= 0.999']"}, ["fit.r2 >= 0.999", "0.99"]),
    "unknown metric": ("publish", {"gates": "['f1 >= 0.5']"}, ["f1", "rmse", "fit.r2"]),
    "bucket missing": ("publish", {"bucket": "'no-such-bucket'"}, ["bucket", "no-such-bucket"]),
    "unknown parameter": ("publish", {"trian": "'python train.py'"}, ["trian", "train"]),
    "invalid repository": ("build", {"repository": "'Not/Valid'"}, ["repository", "Not/Valid"]),
    "registry down": ("build", {"registry": "'127.0.0.1:1'"}, ["127.0.0.1:1"]),
    "base missing": ("build", {"base": "env.REGISTRY + '/base/none:1'"}, ["base/none:1"]),
    "requirements missing": ("build", {"requirements": "'none.txt'"}, ["requirements", "none.txt"]),
    "unknown cluster": ("deploy", {"cluster": "'nowhere'"}, ["cluster", "nowhere"]),
    "unknown service": ("deploy", {"service": "'nothing'", "spec": None}, ["service", "nothing"]),
    "image missing": (
        "deploy",
        {"image": "env.REGISTRY + '/team/prices:nothing'"},
        ["image not found", "team/prices:nothing", "Push it first"],
    ),
    "secret missing": (
        "deploy",
        {"secrets": "[KEY: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:none-AbCdEf']"},
        ["secret not found: KEY of the container 'app'", "secret:none-AbCdEf"],
    ),
    "unknown container": ("deploy", {"container": "'nobody'"}, ["container", "nobody", "app"]),
    "unknown model version": (
        "deploy",
        {"model": "'prices@20200101T000000Z-00000000'"},
        ["20200101T000000Z-00000000"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_clear_error(outside, mistake):
    step, arguments, words = MISTAKES[mistake]
    before, answer = outside.state(), outside.predict()
    if step == "deploy":
        arguments = {"image": f"'{outside.image}'", **arguments}
    outside.write_jenkinsfile(step, **arguments)
    try:
        built = outside.run()
    finally:
        outside.write_jenkinsfile()

    assert built.status != 0 and "Finished: FAILURE" in built.log
    assert len(built.errors) == 1, built.log
    error = built.log[built.log.index(built.errors[0]) :]
    for word in words:
        assert word in error
    assert "\tat " not in built.log and "Traceback" not in built.log
    assert outside.state() == before
    assert outside.predict() == answer


def test_a_stored_pickle_that_differs_is_not_served(outside):
    """The container refuses to load it, and the rollout goes back."""
    answer = outside.predict()
    outside.write_jenkinsfile("publish", params="[SLOPE: '7']", alias="'other'")
    assert outside.run().status == 0
    bucket = outside.cloud.env["MODEL_BUCKET"]
    s3 = outside.cloud.client("s3")
    alias = json.loads(s3.get_object(Bucket=bucket, Key="models/prices/aliases/other.json")["Body"].read())
    s3.put_object(Bucket=bucket, Key=f"models/prices/versions/{alias['version']}/model.pkl", Body=b"something else")

    outside.write_jenkinsfile("deploy", image=f"'{outside.image}'", model="'prices@other'")
    try:
        built = outside.run()
    finally:
        outside.write_jenkinsfile()

    assert built.status != 0 and "Finished: FAILURE" in built.log
    assert len(built.errors) == 1
    assert "exit code 72" in built.log and "sha256" in built.log
    assert outside.predict() == answer
