"""gunicorn around an app that is already there."""

from __future__ import annotations

from flask import Flask
from gunicorn.app.base import Application


class Server(Application):
    """gunicorn with the settings in gunicorn_config.py."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        super().__init__()

    def load_config(self) -> None:
        """Read gunicorn_config.py."""
        self.load_config_from_module_name_or_filename("python:model_to_ecs.gunicorn_config")

    def load(self) -> Flask:
        """The app."""
        return self._app
