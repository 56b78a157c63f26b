"""Makes the models of PickledModelTest, with scikit-learn 1.7.2 and pandas."""

import pickle

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

names = ["age", "größe", "price per m²"]
x = pd.DataFrame(np.arange(30.0).reshape(10, 3) % 7, columns=names)
y = np.arange(10) % 2


def save(name, model, protocol=5):
    with open(name, "wb") as file:
        pickle.dump(model, file, protocol)


model = LogisticRegression().fit(x, y)
for protocol in (0, 2, 5):
    save(f"protocol{protocol}.pkl", model, protocol)
joblib.dump(model, "plain.joblib")
joblib.dump(model, "packed.joblib", compress=3)
save("pipeline.pkl", make_pipeline(StandardScaler(), LinearRegression()).fit(x, y))
columns = ColumnTransformer([("scaled", StandardScaler(), names[:2])], remainder="passthrough")
save("columns.pkl", make_pipeline(columns, LinearRegression()).fit(x, y))
save("search.pkl", GridSearchCV(LinearRegression(), {"positive": [True, False]}, cv=2).fit(x, y))
save("unnamed.pkl", LinearRegression().fit(x.to_numpy(), y))
save("dict.pkl", {"model": model})
save("array.pkl", x.to_numpy())
