"""Scans the same files by ours and by public scanners, each a process of its own as its users run it.

Speed: pickles of one kind each, ours in a JVM of 96 MB of heap; the others get a file of the same kind of 10 MB, as
they take minutes for more. Verdicts: the calls, the gadgets of allowed names and the honest models of
test/serving/test_unpickle.py, a file each. Exits with 1 where ours reads a kind at less than 200 MB/s, misses
a call or a gadget, or flags a model.
"""

import pickle
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
import test_unpickle
from sklearn.ensemble import RandomForestRegressor

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LEAST_RATE = 200e6
FEW = 10_000_000
PATIENCE = 120
CLASSES = f"{ROOT}/src/engine/target/test-classes:{(ROOT / 'src/local-runner/target/classpath').read_text().strip()}"
JAVA = ["java", "-Xmx96m", "-XX:+UseSerialGC", "-cp", CLASSES, "io.modeltoecs.engine.pickle.ScanFiles"]

# the command, and whether its exit status says that the file is dangerous
PEERS = {
    "picklescan": ([BIN / "picklescan", "--path"], lambda status: status == 1),
    "modelscan": ([BIN / "modelscan", "--path"], lambda status: status == 1),
    "fickling": ([BIN / "fickling", "--check-safety"], lambda status: status != 0),
}


def one(kind, size):
    """About so many bytes of pickle of one object of a kind."""
    count = random.Random(7)
    if kind == "array":
        return numpy.random.default_rng(7).normal(size=size // 8)
    if kind == "records":
        return [{"id": i, "name": f"customer {i}", "score": count.random()} for i in range(size // 38)]
    if kind == "words":
        return {f"word{i}": i for i in range(size // 18)}
    rng = numpy.random.default_rng(7)
    x = rng.normal(size=(2000, 5))
    return RandomForestRegressor(max(1, size // 250_000), n_jobs=2, random_state=7).fit(x, x.sum(axis=1))


def timed(command, path):
    """Status, output and seconds."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        bounded = ["timeout", str(PATIENCE), *command, path]
        done = subprocess.run(bounded, cwd=path.parent, stdout=output, stderr=subprocess.STDOUT, check=False)
        took = time.monotonic() - began
        output.seek(0)
        return done.returncode, output.read(), took


def speed(folder, size):
    slow = False
    for kind in "array", "forest", "records", "words":
        few, many = folder / f"few-{kind}.pkl", folder / f"many-{kind}.pkl"
        few.write_bytes(pickle.dumps(one(kind, FEW), 4))
        with many.open("wb") as file:
            if kind == "array":
                pickle.dump(one(kind, size), file, 4)
            else:
                block = few.read_bytes()
                while file.tell() < size:
                    file.write(block)
        status, text, took = timed(JAVA, many)
        if status or not text.startswith("ok"):
            raise SystemExit(f"{many}: {text}")
        ours = many.stat().st_size / took
        slow |= ours < LEAST_RATE
        line = f"{kind:8} ours {ours / 1e6:6.0f} MB/s ({many.stat().st_size / 1e6:.0f} MB)"
        for name, (command, _) in PEERS.items():
            status, _, took = timed(command, few)
            rate = few.stat().st_size / took
            what = f"over {PATIENCE} s" if status == 124 else f"{rate / 1e6:.2f} MB/s, {ours / rate:.0f} times"
            line += f"  {name} {what}"
        print(line, flush=True)
        many.unlink()
    return slow


def verdicts(folder):
    """How many of each kind each refuses."""
    missed = False
    all_of = {"calls": test_unpickle.EVIL, "gadgets of allowed names": test_unpickle.GADGETS, "honest models": honest()}
    for what, contents in all_of.items():
        files = []
        for number, content in enumerate(contents.values()):
            files.append(folder / f"{what.split()[0]}-{number}.pkl")
            files[-1].write_bytes(content)
        text = subprocess.run([*JAVA, *files], capture_output=True, text=True, check=True).stdout
        refused = sum(line.startswith("refused ") for line in text.splitlines())
        missed |= refused != (0 if what == "honest models" else len(files))
        line = f"{what}: {len(files)}; refused by ours {refused}"
        for name, (command, dangerous) in PEERS.items():
            refused = sum(dangerous(timed(command, path)[0]) for path in files)
            line += f", by {name} {refused}"
        print(line, flush=True)
    return missed


def honest():
    contents = {}
    for name, model in test_unpickle.HONEST.items():
        contents[name] = pickle.dumps(model)
        contents[f"{name} by joblib"] = test_unpickle.joblib_bytes(model)
        contents[f"{name} by joblib, compressed"] = test_unpickle.joblib_bytes(model, compress=3)
    return contents


def main():
    size = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 1_000_000_000
    with tempfile.TemporaryDirectory(dir=ROOT / ".local") as folder:
        missed = verdicts(Path(folder))
        slow = speed(Path(folder), size)
    return 1 if missed or slow else 0


if __name__ == "__main__":
    sys.exit(main())
