"""LightGBM: gradient-boosted trees grown leaf by leaf (Ke et al. 2017, NIPS 30). Missing values go their own way."""

import lightgbm
import numpy as np

__all__ = ["PARAMETERS", "fit", "importance", "predict_proba"]

PARAMETERS = (
    "num_iterations",
    "learning_rate",
    "num_leaves",
    "max_depth",
    "min_child_samples",
    "min_child_weight",
    "min_split_gain",
    "feature_fraction",
    "feature_fraction_bynode",
    "bagging_fraction",
    "bagging_freq",
    "lambda_l1",
    "lambda_l2",
    "path_smooth",
    "extra_trees",
    "max_bin",
    "min_data_in_bin",
)


def fit(features, classes, weight, n_classes, params, seed, threads):
    """Return a fitted booster; see `mallorn.models.learner` for the arguments.

    params: of `PARAMETERS`, `num_iterations` at least.
    """
    objective = {"objective": "binary"} if n_classes == 2 else {"objective": "multiclass", "num_class": n_classes}
    fixed = {"seed": seed, "num_threads": threads, "deterministic": True, "force_col_wise": True, "verbosity": -1}
    params = {**params, **objective, **fixed}
    label = classes == 0 if n_classes == 2 else classes
    data = lightgbm.Dataset(features, label, weight=weight, params=params, free_raw_data=True)
    return lightgbm.train(params, data, num_boost_round=params["num_iterations"])


def predict_proba(model, features):
    """Return class probabilities, shape (n, n_classes)."""
    p = model.predict(features, num_threads=1)
    return np.column_stack([p, 1.0 - p]) if p.ndim == 1 else p


def importance(model):
    """Return the total gain of the splits on each feature, shape (p,)."""
    return model.feature_importance(importance_type="gain").astype(float)
