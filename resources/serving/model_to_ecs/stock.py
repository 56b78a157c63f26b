"""The Flask app that serves a model whose repository brings none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask, jsonify, request
from werkzeug.exceptions import HTTPException

from . import inputs, metrics, outputs
from .blueprint import described, make
from .errors import ExitCode, LoadError
from .loader import LoadedModel

_MAX_BODY = 64 << 20
_log = logging.getLogger(__name__)


def create(model: LoadedModel) -> Flask:
    """An app with POST /predict and the probes.

    Raises LoadError when the model has no predict().
    """
    if not callable(getattr(model.object, "predict", None)):
        raise LoadError(
            ExitCode.FAILED,
            f"{model.name}@{model.version} is a {type(model.object).__name__} without predict();"
            " bring a Flask app (app.py) that knows how to use it",
        )
    app = Flask("model_to_ecs")
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY
    app.register_blueprint(make())
    app.register_error_handler(HTTPException, _http_error)

    @app.post("/predict")
    def predict() -> Any:
        try:
            data = inputs.parse(request.get_data(), _columns(model.object))
            predictions = outputs.plain(model.object.predict(data)) if len(data) else []
        except inputs.BadInput as error:
            return {"error": str(error)}, 400
        except (ValueError, TypeError, OverflowError) as error:  # how scikit-learn refuses shapes, types and NaN
            _log.info("the model refused its input", exc_info=True)
            return {"error": f"the model refused the input: {error}"}, 400
        metrics.PREDICTIONS.inc(len(data))
        return jsonify(predictions=predictions, model=described())

    return app


def _columns(model: Any) -> Sequence[str] | None:
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _http_error(error: HTTPException) -> tuple[dict[str, Any], int]:
    return {"error": error.description}, error.code or 500
