"""Trains a classifier of iris flowers: reads iris.csv, writes model.pkl and metrics.json."""

import json
import os
import pickle

import pandas
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

MODEL = "stump"
SEED = int(os.environ.get("SEED", "20"))  # a pipeline's params come as environment variables

MODELS = {
    "stump": DecisionTreeClassifier(max_depth=2, random_state=SEED),
    "forest": RandomForestClassifier(n_estimators=50, random_state=SEED),
}

flowers = pandas.read_csv("iris.csv")
x_train, x_test, y_train, y_test = train_test_split(
    flowers.drop(columns="species"),
    flowers["species"],
    test_size=0.4,
    stratify=flowers["species"],
    random_state=SEED,
)
model = MODELS[MODEL].fit(x_train, y_train)
predicted = model.predict(x_test)
metrics = {
    "accuracy": accuracy_score(y_test, predicted),
    "f1": f1_score(y_test, predicted, average="macro"),
    "rows": {"train": len(x_train), "test": len(x_test)},
}

with open("model.pkl", "wb") as file:
    pickle.dump(model, file)
with open("metrics.json", "w") as file:
    json.dump(metrics, file, indent=2)
print(f"{MODEL}: accuracy {metrics['accuracy']:.3f}, f1 {metrics['f1']:.3f}")
