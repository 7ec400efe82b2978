"""XGBoost: gradient-boosted trees by histograms (Chen & Guestrin 2016, KDD). Missing values go their own way."""

import numpy as np
import xgboost

__all__ = ["PARAMETERS", "fit", "importance", "predict_proba"]

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
)


def fit(features, classes, weight, n_classes, params, seed, threads):
    """Return a fitted booster; see `mallorn.models.learner` for the arguments.

    params: of `PARAMETERS`, `num_boost_round` at least.
    """
    params = dict(params)
    rounds = params.pop("num_boost_round")
    objective = {"objective": "binary:logistic"}
    if n_classes > 2:
        objective = {"objective": "multi:softprob", "num_class": n_classes}
    fixed = {"seed": seed, "nthread": threads, "tree_method": "hist", "device": "cpu", "verbosity": 0}
    bins = params.get("max_bin", 256)
    label = classes == 0 if n_classes == 2 else classes
    data = xgboost.QuantileDMatrix(features, label, weight=weight, max_bin=bins, nthread=threads)
    return xgboost.train({**params, **objective, **fixed}, data, num_boost_round=rounds)


def predict_proba(model, features):
    """Return class probabilities, shape (n, n_classes)."""
    p = model.inplace_predict(np.ascontiguousarray(features)).astype(float)
    return np.column_stack([p, 1.0 - p]) if p.ndim == 1 else p


def importance(model):
    """Return the total gain of the splits on each feature, shape (p,)."""
    gain = model.get_score(importance_type="total_gain")
    return np.array([gain.get(f"f{k}", 0.0) for k in range(model.num_features())])
