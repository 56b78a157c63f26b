"""`make demo`, as a newcomer runs it."""

import subprocess

from local import ROOT


def test_the_demo_holds():
    done = subprocess.run(
        ["make", "-C", str(ROOT), "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
    )
    print(done.stdout)
    assert done.returncode == 0
    assert "All of it held" in done.stdout
    assert "0 failed" in done.stdout
