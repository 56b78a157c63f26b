"""Finding the Flask app that the image brings, by Flask's own rule."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask
from flask.cli import ScriptInfo


def find() -> Flask | None:
    """The app in the current directory's wsgi.py or app.py (or where FLASK_APP points), None where neither is there.

    Raises flask.cli.NoAppException when a file is there but no app in it.
    """
    target = os.environ.get("FLASK_APP")
    if not target and not any(
        Path(place).exists() for name in ("wsgi", "app") for place in (f"{name}.py", f"{name}/__init__.py")
    ):
        return None
    return ScriptInfo(app_import_path=target, set_debug_flag=False).load_app()
