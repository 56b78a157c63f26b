"""Honest models of all estimators, through the scan and the guarded loader; see scan.

Arguments: the script `refresh` and a Java class path with the scan.
"""

import importlib.machinery
import importlib.util
import pickle
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import joblib
from model_to_ecs.allowlist import AllowList
from model_to_ecs.errors import LoadError
from model_to_ecs.unpickle import unpickle

FEWEST = 190  # of the 210 or so, how many at least have to be fitted for this to mean anything

loader = importlib.machinery.SourceFileLoader("refresh", sys.argv[1])
refresh = importlib.util.module_from_spec(importlib.util.spec_from_loader("refresh", loader))
sys.dont_write_bytecode = True
loader.exec_module(refresh)
warnings.simplefilter("ignore")


def fitted(cls):
    """A fitted model of the class, or None where none of the data suits it."""
    for x, y in refresh.DATA:
        try:
            model = refresh.quick(refresh.construct(cls))
            return model.fit(x) if y is None else model.fit(x, y)
        except Exception:
            continue
    return None


def written(title, model, folder):
    """The files that the model is written to, in all ways."""
    for protocol in (0, 2, 3, 4, 5):
        file = folder / f"{title} {protocol}.pkl"
        file.write_bytes(pickle.dumps(model, protocol))
        yield file
    for compress in (0, 3):
        file = folder / f"{title} {compress}.joblib"
        joblib.dump(model, file, compress=compress)
        yield file


allowed = AllowList.with_extra([])
count, refused = 0, []
classes = [*refresh.all_estimators(), *refresh.library("lightgbm"), *refresh.library("xgboost")]
with tempfile.TemporaryDirectory() as folder:
    for title, cls in classes:
        model = fitted(cls)
        if model is None:
            continue
        count += 1
        for file in written(title, model, Path(folder)):
            try:
                unpickle(file, allowed)
            except LoadError as error:
                refused.append(f"{file.name}: {error}")
    scan = ["java", "-cp", sys.argv[2], "io.modeltoecs.engine.pickle.ScanFiles", *sorted(Path(folder).iterdir())]
    lines = subprocess.run(scan, capture_output=True, text=True, check=True).stdout.splitlines()
    refused += [line for line in lines if not line.startswith("ok ")]
print(f"{count} of {len(classes)} estimators fitted, {len(refused)} files refused", *refused, sep="\n")
sys.exit(bool(refused) or count < FEWEST)
