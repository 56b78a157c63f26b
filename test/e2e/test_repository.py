"""The repository is itself the shared library: what Jenkins would copy from it has to fit.

Jenkins refuses a library with one tracked symlink (pipeline-groovy-lib, SCMBasedRetriever), and puts
src/**/*.groovy on the class path of every build.
"""

import subprocess

from local import ROOT


def tracked():
    listing = subprocess.run(
        ["git", "ls-files", "-s", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for entry in filter(None, listing.split("\0")):
        head, _, path = entry.partition("\t")
        yield head.split()[0], path


def test_it_tracks_regular_files_only():
    special = [path for mode, path in tracked() if mode not in ("100644", "100755")]
    assert special == []


def test_no_groovy_source_and_no_test_folder_under_src():
    paths = [path for _, path in tracked() if path.startswith("src/")]
    assert [path for path in paths if path.endswith(".groovy")] == []
    assert [path for path in paths if path.startswith("src/test/")] == []


def test_every_var_has_its_help_page():
    paths = {path for _, path in tracked() if path.startswith("vars/")}
    steps = {path.removesuffix(".groovy") for path in paths if path.endswith(".groovy")}
    assert steps
    assert {step + ".txt" for step in steps} <= paths


def test_resources_stay_small():
    # All of resources/ is copied into the folder of every build that uses the library
    size = sum((ROOT / path).stat().st_size for _, path in tracked() if path.startswith("resources/"))
    assert size < 1_000_000
