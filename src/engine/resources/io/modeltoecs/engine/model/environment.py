"""Prints what the interpreter that runs it is and has, as JSON."""

import json
import platform
import re
import sys
from importlib import metadata


def canonical(name):
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions():
    """Distributions by name; of two with one name the interpreter sees the first."""
    found = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(canonical(name), distribution)
    return found


def modules_of(distribution):
    """Top-level modules that a distribution brings."""
    listed = distribution.read_text("top_level.txt")
    if listed:
        return set(listed.split())
    return {
        path.parts[0].split(".")[0]
        for path in distribution.files or []
        if path.suffix in (".py", ".so", ".pyd") and not path.parts[0].startswith("..")
    }


def main():
    found = distributions()
    modules = {}
    for name, distribution in sorted(found.items()):
        for module in modules_of(distribution):
            modules.setdefault(module, []).append(name)
    json.dump(
        {
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "libraries": {name: found[name].version for name in sorted(found)},
            "modules": {module: modules[module] for module in sorted(modules)},
        },
        sys.stdout,
    )


main()
