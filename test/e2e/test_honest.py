"""Models that nobody should refuse: written by the libraries of today, in every format, published and scanned."""

from outside import Outside

TRAIN = """
import json, os, pickle
import joblib, numpy
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from xgboost import XGBClassifier

X = numpy.random.RandomState(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
TEXTS = ["12 13" if y else "14 15" for y in Y]
models = {
    "forest": RandomForestClassifier(n_estimators=3).fit(X, Y),
    "histograms": HistGradientBoostingRegressor(max_iter=3).fit(X, Y),
    "columns": make_pipeline(ColumnTransformer([("a", StandardScaler(), [0]), ("b", OneHotEncoder(), [1])]), SVC()).fit(X, Y),
    "search": GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3]}, scoring="f1").fit(X, Y),
    "texts": make_pipeline(TfidfVectorizer(token_pattern="[0-9]+"), LogisticRegression()).fit(TEXTS, Y),
    "lightgbm": LGBMClassifier(n_estimators=3, verbosity=-1).fit(X, Y),
    "xgboost": XGBClassifier(n_estimators=3).fit(X, Y),
}
os.makedirs("models", exist_ok=True)
for name, model in models.items():
    for protocol in range(6):
        with open(f"models/{name}-{protocol}.pkl", "wb") as file:
            pickle.dump(model, file, protocol)
    joblib.dump(model, f"models/{name}.joblib")
    joblib.dump(model, f"models/{name}-zlib.joblib", compress=3)
with open("metrics.json", "w") as file:
    json.dump({"models": len(models)}, file)
print(len(os.listdir("models")), "files written")
"""


def test_they_are_published(tmp_path, cloud):
    repository = Outside(tmp_path, cloud)
    repository.write("train.py", TRAIN)
    repository.write("requirements.txt", "scikit-learn==1.7.2\nlightgbm>=4.5,<5\nxgboost-cpu>=3,<4\n")
    repository.write_jenkinsfile("publish", name="'honest'", artifact="'models'", gates=None, params=None)
    built = repository.run()
    assert "56 files written" in built.log
    assert built.status == 0, built.log
