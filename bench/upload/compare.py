"""Publishes a pickle of 5 GB and copies it by `aws s3 cp`, by turns, to the local cloud's S3; ours in a JVM of 96 MB of heap.

Prints for each turn the time of the whole process, the rate, processor time and the largest resident memory. Of ours
it tells the first pass (hash and scan, which a copy doesn't do) from the rest of the process: start, upload, completion,
model.json and alias. Exits with 1 where ours takes more than 256 MB or that rest is slower than the copies (medians).
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/e2e"))
from local import Cloud, say  # noqa: E402

AWS = ROOT / ".local/venv-bench-awscli/bin/aws"
MOST_MEMORY = 256 << 20
UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}


def pickle_of(path, size):
    """One string of bytes, random but for a block that comes again, with a count between."""
    block = os.urandom(32 << 20)
    with open(path, "wb") as out:
        out.write(b"\x80\x04\x8e" + size.to_bytes(8, "little"))
        written = 0
        while written < size:
            some = (written.to_bytes(8, "little") + block)[: size - written]
            out.write(some)
            written += len(some)
        out.write(b".")


def timed(command, folder, env):
    """Runs a command: its output, seconds, seconds of processor, bytes of memory."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise SystemExit(f"{command[0]} failed:\n{text}")
    return text, took, used.ru_utime + used.ru_stime, used.ru_maxrss << 10


def rate(text, what):
    """The rate in an activity's last line, in bytes a second."""
    number, unit = re.findall(rf"^{what}: .* in .* \(([\d.]+) (\w+)/s\)$", text, re.MULTILINE)[-1]
    return float(number) * UNITS[unit]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 5 << 30
    ran = (ROOT / ".local/cloud.env").exists()
    cloud = Cloud.start()
    bucket = cloud.env["MODEL_BUCKET"]
    classes = f"{ROOT}/src/engine/target/classes:{(ROOT / 'src/local-runner/target/classpath').read_text().strip()}"
    failed = False
    folder = Path(tempfile.mkdtemp(dir=ROOT / ".local"))
    try:
        javac = ["javac", "-d", str(folder / "program"), "-cp", classes]
        subprocess.run([*javac, str(ROOT / "test/long/publish.d/Publishing.java")], check=True)
        pickle_of(folder / "model.pkl", size)
        copies, uploads, wholes = [], [], []
        for turn in range(1, rounds + 1):
            copy = [str(AWS), "s3", "cp", "--only-show-errors", "model.pkl", f"s3://{bucket}/bench-upload/model.pkl"]
            _, took, busy, memory = timed(copy, folder, cloud.env)
            copies.append(size / took)
            say(f"aws s3 cp  {took:6.1f} s  {size / took / 1e6:5.0f} MB/s  cpu {busy:5.1f} s  {memory / 1e6:5.0f} MB")
            remove(bucket, "bench-upload", cloud)

            java = ["java", "-Xmx96m", "-XX:+UseSerialGC", "-cp", f"{folder}/program:{classes}", "Publishing"]
            publish = [*java, str(turn), "name=bench", "artifact=model.pkl", f"prefix=bench-upload-{turn}"]
            text, took, busy, memory = timed(publish, folder, cloud.env)
            (folder / "state").unlink()
            first = size / rate(text, "hash and scan of model.pkl")
            uploads.append(size / (took - first))
            wholes.append(size / took)
            say(
                f"publish    {took:6.1f} s  {size / took / 1e6:5.0f} MB/s  cpu {busy:5.1f} s  {memory / 1e6:5.0f} MB"
                f"  (hash and scan {size / first / 1e6:.0f} MB/s, the rest {uploads[-1] / 1e6:.0f} MB/s)"
            )
            failed |= memory > MOST_MEMORY
            remove(bucket, f"bench-upload-{turn}", cloud)
        ratio = statistics.median(uploads) / statistics.median(copies)
        whole = statistics.median(wholes) / statistics.median(copies)
        say(f"throughput beside aws s3 cp: without the first pass {ratio:.2f}, with it {whole:.2f}")
        failed |= ratio < 1
    finally:
        shutil.rmtree(folder)
        if not ran:
            cloud.stop()
    return 1 if failed else 0


def remove(bucket, prefix, cloud):
    subprocess.run([AWS, "s3", "rm", "--recursive", "--quiet", f"s3://{bucket}/{prefix}"], env=cloud.env, check=True)


if __name__ == "__main__":
    sys.exit(main())
