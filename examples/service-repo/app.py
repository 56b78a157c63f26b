"""A service of one's own around the model; model_to_ecs is in the image already."""

import model_to_ecs
import pandas
from flask import Flask, request

model = model_to_ecs.load()

app = Flask(__name__)
app.register_blueprint(model_to_ecs.probes())  # /healthz, /readyz, /version, /metrics


@app.post("/predict")
def predict():
    """Name the species of each flower in {"instances": [[5.1, 3.5, 1.4, 0.2], ...]}."""
    body = request.get_json()
    columns = list(model.object.feature_names_in_)
    try:
        flowers = pandas.DataFrame(body["instances"], columns=columns).astype(float)
    except (KeyError, TypeError, ValueError):
        return {"error": f"send instances with {', '.join(columns)}"}, 400
    if flowers.isna().any(axis=None):
        return {"error": f"each instance needs {', '.join(columns)}"}, 400
    return {
        "predictions": model.object.predict(flowers).tolist(),
        "labels": model.object.classes_.tolist(),
        "model": {"name": model.name, "version": model.version},
    }
