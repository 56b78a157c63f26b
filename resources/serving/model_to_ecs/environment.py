"""Does this image have what the model was made with?"""

from __future__ import annotations

import platform
import re
from importlib import metadata

from .errors import ExitCode, LoadError
from .manifest import Manifest


def check(manifest: Manifest) -> None:
    """Compare Python's minor and the major.minor of each library that the artifact imports.

    Raises LoadError 74 with both versions and what to do.
    """
    differences = []
    if manifest.python and _series(manifest.python) != _series(platform.python_version()):
        differences.append(f"Python {manifest.python} (here {platform.python_version()})")
    for distribution in manifest.import_distributions:
        wanted = manifest.libraries.get(distribution)
        if wanted is None:
            continue
        here = _installed(distribution)
        if here is None:
            differences.append(f"{distribution} {wanted} (not installed here)")
        elif _series(here) != _series(wanted):
            differences.append(f"{distribution} {wanted} (here {here})")
    if differences:
        raise LoadError(
            ExitCode.ENVIRONMENT_DIFFERS,
            f"{manifest.name}@{manifest.version} was made with {', '.join(differences)};"
            " build the image with the model's versions, or train the model with the image's",
        )


def _installed(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _series(version: str) -> tuple[str, ...]:
    """The major.minor of a version: ('1', '5') of 1.5.2, 1.5rc1 and 1.5+local."""
    return tuple(re.findall(r"\d+", version.split("+")[0])[:2])
