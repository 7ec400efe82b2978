"""XGBoost: gradient-boosted trees by histograms (Chen & Guestrin 2016, KDD). Missing values go their own way."""

from pathlib import Path

import numpy as np
import xgboost

from mallorn.errors import ConfigError
from mallorn.learners.losses import focal, probabilities

__all__ = [
    "NEEDS",
    "PARAMETERS",
    "SEARCH_SPACE",
    "contributions",
    "fit",
    "importance",
    "load",
    "predict",
    "save",
]

NEEDS = ("features",)

PARAMETERS = (
    "num_boost_round",
    "learning_rate",
    "max_depth",
    "max_leaves",
    "grow_policy",
    "min_child_weight",
    "gamma",
    "max_delta_step",
    "subsample",
    "colsample_bytree",
    "colsample_bylevel",
    "colsample_bynode",
    "reg_alpha",
    "reg_lambda",
    "max_bin",
    "focal_gamma",
)

SEARCH_SPACE = {
    "num_boost_round": {"low": 100, "high": 600, "log": True},
    "learning_rate": {"low": 0.02, "high": 0.2, "log": True},
    "max_depth": {"low": 2, "high": 6},
    "min_child_weight": {"low": 0.5, "high": 10.0, "log": True},
    "subsample": {"low": 0.5, "high": 1.0},
    "colsample_bytree": {"low": 0.05, "high": 0.6, "log": True},
    "reg_lambda": {"low": 0.3, "high": 30.0, "log": True},
}

_FILE = "model.ubj"


def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return a fitted booster; see `mallorn.learners.learner` for the arguments.

    params: from `PARAMETERS`; `num_boost_round` must be among them. `focal_gamma` > 0 is for two classes.
    """
    params = dict(params)
    rounds, gamma = params.pop("num_boost_round"), params.pop("focal_gamma", 0)
    if gamma and n_classes > 2:
        raise ConfigError("models: focal_gamma is for models with `classes: binary`; set it to 0 or leave it out")
    objective, own = {"objective": "binary:logistic"}, None
    if n_classes > 2:
        objective = {"objective": "multi:softprob", "num_class": n_classes}
    elif gamma:
        objective["base_score"] = 0.5

        def own(margin, data):
            return tuple(values * weight for values in focal(margin, data.get_label(), gamma))

    fixed = {"seed": seed, "nthread": threads, "tree_method": "hist", "device": "cpu", "verbosity": 0}
    bins = params.get("max_bin", 256)
    label = classes == 0 if n_classes == 2 else classes
    features, margin = dataset.features.values, dataset.margin
    if margin is not None:
        objective["base_score"] = 0.5  # a margin of 0, to which the given ones are added
    data = xgboost.QuantileDMatrix(features, label, weight=weight, base_margin=margin, max_bin=bins, nthread=threads)
    return xgboost.train({**params, **objective, **fixed}, data, num_boost_round=rounds, obj=own)


def predict(model, dataset):
    """Return class probabilities, shape (n, n_classes)."""
    features = np.ascontiguousarray(dataset.features.values)
    return probabilities(model.inplace_predict(features, predict_type="margin", base_margin=dataset.margin))


def importance(model):
    """Return the total gain of the splits on each feature, shape (p,)."""
    gain = model.get_score(importance_type="total_gain")
    return np.array([gain.get(f"f{k}", 0.0) for k in range(model.num_features())])


def contributions(model, dataset):
    """Return SHAP values of the margin of class 0, shape (n, p) (Lundberg et al. 2020, Nat. Mach. Intell. 2, 56)."""
    values = model.predict(xgboost.DMatrix(dataset.features.values, nthread=1), pred_contribs=True)
    return (values[:, 0] if values.ndim == 3 else values)[:, :-1]


def save(model, folder):
    """Write the model as XGBoost's universal binary JSON."""
    model.save_model(str(Path(folder, _FILE)))


def load(folder):
    """Return the model that `save` wrote."""
    return xgboost.Booster({"nthread": 1}, model_file=str(Path(folder, _FILE)))
